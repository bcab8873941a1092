import { ascii, lowerLetter, oddTokenByte, plainTokenByte, startsWithWord, tokenBytes } from './bytes.ts'

/**
 * What a header is to the router. Those up to `lastKept` go to the target as they came; the others are removed, and some
 * of them written anew.
 */
export const HeaderKind = {
  other: 0,
  contentLength: 1,
  expect: 2,
  cookie: 3,
  userAgent: 4,
  /** Of an answer. */
  setCookie: 5,
  server: 6,
  lastKept: 6,
  /** Its name has something else than letters, digits and hyphens; `drop_invalid_header_fields` removes it. */
  invalid: 7,
  host: 8,
  forwardedFor: 9,
  forwardedProto: 10,
  forwardedPort: 11,
  traceId: 12,
  /** `X-Amzn-Tls-Version` and `X-Amzn-Tls-Cipher-Suite`: only the load balancer may say these. */
  tls: 13,
  /**
   * `X_Forwarded_For` and the like. It is an invalid name too, but is removed always: programs behind CGI, WSGI or FastCGI
   * cannot tell it from the real one, so a client could speak in the load balancer's name.
   */
  lookAlike: 14,
  connection: 15,
  transferEncoding: 16,
  upgrade: 17,
  /** The other headers of one connection only. */
  hopByHop: 18,
  /** Named in `Connection` by the sender. */
  named: 19,
} as const

export const headerKinds = 20

const connection = ascii('connection')
const contentLength = ascii('content-length')
const cookie = ascii('cookie')
const expect = ascii('expect')
const forwardedFor = ascii('x-forwarded-for')
const forwardedPort = ascii('x-forwarded-port')
const forwardedProto = ascii('x-forwarded-proto')
const host = ascii('host')
const keepAlive = ascii('keep-alive')
const proxyAuthenticate = ascii('proxy-authenticate')
const proxyAuthorization = ascii('proxy-authorization')
const proxyConnection = ascii('proxy-connection')
const server = ascii('server')
const setCookie = ascii('set-cookie')
const te = ascii('te')
const tlsCipherSuite = ascii('x-amzn-tls-cipher-suite')
const tlsVersion = ascii('x-amzn-tls-version')
const traceId = ascii('x-amzn-trace-id')
const trailer = ascii('trailer')
const transferEncoding = ascii('transfer-encoding')
const upgrade = ascii('upgrade')
const userAgent = ascii('user-agent')

/** Of a request's header, by its name, which is known to be a token. `flags` are the `tokenBytes` that occur in it. */
export function requestHeaderKind(bytes: Buffer, start: number, end: number, flags: number): number {
  if ((flags & oddTokenByte) !== 0) {
    return isForwardedLookAlike(bytes, start, end) ? HeaderKind.lookAlike : HeaderKind.invalid
  }
  switch (end - start) {
    case 4:
      return startsWithWord(bytes, start, host) ? HeaderKind.host : HeaderKind.other
    case 6:
      if (startsWithWord(bytes, start, cookie)) return HeaderKind.cookie
      return startsWithWord(bytes, start, expect) ? HeaderKind.expect : HeaderKind.other
    case 10:
      if (startsWithWord(bytes, start, userAgent)) return HeaderKind.userAgent
      return commonKind(bytes, start, end)
    case 15:
      if (startsWithWord(bytes, start, forwardedFor)) return HeaderKind.forwardedFor
      return startsWithWord(bytes, start, traceId) ? HeaderKind.traceId : HeaderKind.other
    case 16:
      if (startsWithWord(bytes, start, forwardedPort)) return HeaderKind.forwardedPort
      return commonKind(bytes, start, end)
    case 17:
      if (startsWithWord(bytes, start, forwardedProto)) return HeaderKind.forwardedProto
      return commonKind(bytes, start, end)
    case 18:
      if (startsWithWord(bytes, start, tlsVersion)) return HeaderKind.tls
      return commonKind(bytes, start, end)
    case 23:
      return startsWithWord(bytes, start, tlsCipherSuite) ? HeaderKind.tls : HeaderKind.other
    default:
      return commonKind(bytes, start, end)
  }
}

/** Of an answer's header. */
export function answerHeaderKind(bytes: Buffer, start: number, end: number): number {
  const length = end - start
  if (length === 6 && startsWithWord(bytes, start, server)) return HeaderKind.server
  if (length === 10 && startsWithWord(bytes, start, setCookie)) return HeaderKind.setCookie
  return commonKind(bytes, start, end)
}

/** What means the same in requests and answers: the message's length, and what speaks of the connection. */
function commonKind(bytes: Buffer, start: number, end: number): number {
  switch (end - start) {
    case 2:
      return startsWithWord(bytes, start, te) ? HeaderKind.hopByHop : HeaderKind.other
    case 7:
      if (startsWithWord(bytes, start, upgrade)) return HeaderKind.upgrade
      // Trailers themselves are passed on; their announcement is only valid with the framing of one connection.
      return startsWithWord(bytes, start, trailer) ? HeaderKind.hopByHop : HeaderKind.other
    case 10:
      if (startsWithWord(bytes, start, connection)) return HeaderKind.connection
      return startsWithWord(bytes, start, keepAlive) ? HeaderKind.hopByHop : HeaderKind.other
    case 14:
      return startsWithWord(bytes, start, contentLength) ? HeaderKind.contentLength : HeaderKind.other
    case 16:
      return startsWithWord(bytes, start, proxyConnection) ? HeaderKind.hopByHop : HeaderKind.other
    case 17:
      return startsWithWord(bytes, start, transferEncoding) ? HeaderKind.transferEncoding : HeaderKind.other
    case 18:
      return startsWithWord(bytes, start, proxyAuthenticate) ? HeaderKind.hopByHop : HeaderKind.other
    case 19:
      return startsWithWord(bytes, start, proxyAuthorization) ? HeaderKind.hopByHop : HeaderKind.other
    default:
      return HeaderKind.other
  }
}

const forwardedPrefix = ascii('x-forwarded-')
const amazonPrefix = ascii('x-amzn-')

/** A name that only the load balancer may speak under; its sender cannot have it removed through `Connection`. */
export function isReservedName(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start
  return (
    (length === host.length && startsWithWord(bytes, start, host)) ||
    (length === contentLength.length && startsWithWord(bytes, start, contentLength)) ||
    (length >= forwardedPrefix.length && startsWithWord(bytes, start, forwardedPrefix)) ||
    (length >= amazonPrefix.length && startsWithWord(bytes, start, amazonPrefix))
  )
}

/** `x_forwarded_for`, `x-forwarded_proto`, `x.amzn.trace.id`: a reserved name once its odd characters are hyphens. */
function isForwardedLookAlike(bytes: Buffer, start: number, end: number): boolean {
  return looksLike(bytes, start, end, forwardedPrefix) || looksLike(bytes, start, end, amazonPrefix)
}

function looksLike(bytes: Buffer, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false
  for (let index = 0; index < prefix.length; index++) {
    const byte = bytes[start + index] ?? 0
    const normal = tokenBytes[byte] === plainTokenByte ? lowerLetter(byte) : 45
    if (normal !== prefix[index]) return false
  }
  return true
}

const bareContentLength = ascii('contentlength')
const bareTransferEncoding = ascii('transferencoding')

/**
 * A name that is not `Content-Length` or `Transfer-Encoding` but becomes one of them where a server takes odd characters
 * for hyphens or leaves them away.
 */
export function isFramingLookAlike(bytes: Buffer, start: number, end: number): boolean {
  const length = end - start
  if (length < bareContentLength.length || length > 24) return false
  return isBareWord(bytes, start, end, bareContentLength) || isBareWord(bytes, start, end, bareTransferEncoding)
}

/** True where the letters and digits of a name, without anything between them, are this word. */
function isBareWord(bytes: Buffer, start: number, end: number, word: Uint8Array): boolean {
  let index = 0
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0
    if (byte === 45 || tokenBytes[byte] !== plainTokenByte) continue
    if (index === word.length || lowerLetter(byte) !== word[index]) return false
    index++
  }
  return index === word.length
}
