import type { ImageDigests } from '../domain/service.ts'

export function imageDigestsOf(
  found: Iterable<readonly [name: string | undefined, digest: string | undefined]>,
): ImageDigests {
  const known: [string, string][] = []
  for (const [name, digest = ''] of found) if (name !== undefined && digest !== '') known.push([name, digest])
  return Object.fromEntries(known)
}
