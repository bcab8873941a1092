import { ascii, isWord, memberEnd, memberStart, sameToken, withoutBlanksBehind } from './bytes.ts'
import { HeaderKind, isReservedName } from './header-kind.ts'

/** Each is compared with every header, so there must be a limit. */
const mostConnectionNames = 64

/** What `Connection` said, all of its headers together. */
export type ConnectionWords = {
  closes: boolean
  asksKeepAlive: boolean
  asksUpgrade: boolean
  /** Members that are names of headers. */
  connectionNames: number
}

const close = ascii('close')
const keepAlive = ascii('keep-alive')
const upgrade = ascii('upgrade')

/** Reads one `Connection` header. False where it names more headers than anybody needs. */
export function takeConnection(bytes: Buffer, into: ConnectionWords, start: number, end: number): boolean {
  let at = memberStart(bytes, start, end)
  while (at < end) {
    const next = memberEnd(bytes, at, end)
    const wordEnd = withoutBlanksBehind(bytes, at, next)
    if (isWord(bytes, at, wordEnd, keepAlive)) into.asksKeepAlive = true
    else if (isWord(bytes, at, wordEnd, close)) into.closes = true
    else if (isWord(bytes, at, wordEnd, upgrade)) into.asksUpgrade = true
    else if (++into.connectionNames > mostConnectionNames) return false
    at = memberStart(bytes, next, end)
  }
  return true
}

/** The headers of a head, as scans have them. */
export type ScannedHeaders = {
  readonly headerCount: number
  readonly headers: Int32Array
  readonly kinds: Uint8Array
}

/**
 * Headers whose names stand in `Connection` go no further; only what the load balancer vouches for cannot be named. Those
 * of a kind above `lastKind` are removed anyway and keep theirs. Returns how many it found.
 */
export function markNamed(bytes: Buffer, head: ScannedHeaders, lastKind: number): number {
  const { headers, kinds, headerCount } = head
  let count = 0
  for (let place = 0; place < headerCount; place++) {
    if (kinds[place] !== HeaderKind.connection) continue
    const end = headers[4 * place + 3] ?? 0
    let at = memberStart(bytes, headers[4 * place + 2] ?? 0, end)
    while (at < end) {
      const next = memberEnd(bytes, at, end)
      const nameEnd = withoutBlanksBehind(bytes, at, next)
      if (!isReservedName(bytes, at, nameEnd)) count += markOneNamed(bytes, head, at, nameEnd, lastKind)
      at = memberStart(bytes, next, end)
    }
  }
  return count
}

function markOneNamed(
  bytes: Buffer,
  { headers, kinds, headerCount }: ScannedHeaders,
  start: number,
  end: number,
  lastKind: number,
): number {
  let count = 0
  for (let place = 0; place < headerCount; place++) {
    if ((kinds[place] ?? 0) > lastKind) continue
    if (sameToken(bytes, headers[4 * place] ?? 0, headers[4 * place + 1] ?? 0, start, end)) {
      kinds[place] = HeaderKind.named
      count++
    }
  }
  return count
}
