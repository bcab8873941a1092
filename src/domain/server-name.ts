/**
 * Which of several things that are for certain names is the one for a name a client asks for: what names it exactly
 * comes before what has it by a wildcard, `*.example.com`, which stands for one label. Undefined where none is for it.
 */
export function forServerName<Named extends { readonly names: readonly string[] }>(
  things: readonly Named[],
  serverName: string,
): Named | undefined {
  const name = serverName.toLowerCase().replace(/\.$/, '')
  const wildcard = name.replace(/^[^.]*/, '*')
  return things.find(({ names }) => names.includes(name)) ?? things.find(({ names }) => names.includes(wildcard))
}
