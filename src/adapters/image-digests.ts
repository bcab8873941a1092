/** By container name, the digests of images: without those of containers whose image has none. */
export function imageDigestsOf(
  found: Iterable<readonly [name: string | undefined, digest: string | undefined]>,
): Readonly<Record<string, string>> {
  const known: [string, string][] = []
  for (const [name, digest = ''] of found) if (name !== undefined && digest !== '') known.push([name, digest])
  return Object.fromEntries(known)
}
