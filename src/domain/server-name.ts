/**
 * Which of several things that are for certain names are the ones for a name a client asks for: what names it exactly,
 * else what has it by a wildcard, `*.example.com`, which stands for one label. Empty where nothing is for it.
 */
export function forServerName<Named extends { readonly names: readonly string[] }>(
  things: readonly Named[],
  serverName: string,
): readonly Named[] {
  const name = serverName.toLowerCase().replace(/\.$/, '')
  const exact = things.filter(({ names }) => names.includes(name))
  if (exact.length > 0) return exact
  const wildcard = name.replace(/^[^.]*/, '*')
  return things.filter(({ names }) => names.includes(wildcard))
}
