/** Headers that speak of one connection and never go further (RFC 9110, 7.6.1, and what older programs send). */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  // Trailers themselves are passed on; their announcement is only valid with the framing of one connection.
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** A client must not be able to have these removed by naming them in `Connection`. */
const neverNamed = /^(host|content-length|x-forwarded-.*|x-amzn-.*)$/

/** The headers without those of the connection they came on; casing, order and duplicates stay. */
export function withoutHopByHop(rawHeaders: readonly string[]): string[] {
  const named = namesInConnection(rawHeaders)
  const kept: string[] = []
  for (const [name, value] of headerPairs(rawHeaders)) {
    const key = name.toLowerCase()
    if (!hopByHop.has(key) && !named.has(key)) kept.push(name, value)
  }
  return kept
}

export function* headerPairs(rawHeaders: readonly string[]): Generator<readonly [name: string, value: string]> {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) yield [rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']
}

function namesInConnection(rawHeaders: readonly string[]): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [name, value] of headerPairs(rawHeaders)) {
    if (name.toLowerCase() !== 'connection') continue
    for (const each of value.split(',')) {
      const key = each.trim().toLowerCase()
      if (!neverNamed.test(key)) names.add(key)
    }
  }
  return names
}
