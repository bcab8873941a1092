/** Holds the event loop up for so long, and returns it. */
export function busyFor(milliseconds: number): number {
  const end = performance.now() + milliseconds
  while (performance.now() < end);
  return milliseconds
}
