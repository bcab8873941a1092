/** `1 task`, `2 tasks`; `figure` is the count as it is to be read: `12,480`. */
export function counted(count: number, noun: string, figure = String(count)): string {
  return `${figure} ${noun}${count === 1 ? '' : 's'}`
}
