import type { RequestHandling } from '../domain/routing-table.ts'
import { AnswerBody, answerBody, type AnswerScan } from './answer-scan.ts'
import { ascii, isWord, put, putRange } from './bytes.ts'
import { HeaderKind } from './header-kind.ts'
import type { ClientSide } from './wire.ts'

/** What else than the target's answer decides on the head a client gets. One is filled anew for each answer. */
export class ClientHead {
  /** The client's connection is not used again. */
  closes = false
  /** The client speaks HTTP/1.0: it knows no chunks, and hears `keep-alive` where the connection stays. */
  isHttp10 = false
  /** `Set-Cookie` lines of the load balancer, each with its line end; empty where there are none. */
  cookieLines = ''
  rules: AnswerRules = plainRules
}

/** What a listener's attributes do to the headers of its answers. Made once for each `RequestHandling`. */
export class AnswerRules {
  /** In lower case. */
  readonly replacedNames: readonly Buffer[]
  /** Each with its line end. */
  readonly lines: Buffer
  readonly showsServer: boolean
  /** Nothing is to be done. */
  readonly arePlain: boolean

  constructor({ answerHeaders, showsServer }: Pick<RequestHandling, 'answerHeaders' | 'showsServer'>) {
    this.replacedNames = answerHeaders.map(([name]) => ascii(name.toLowerCase()))
    this.lines = Buffer.from(answerHeaders.map(([name, value]) => `${name}: ${value}\r\n`).join(''), 'latin1')
    this.showsServer = showsServer
    this.arePlain = showsServer && answerHeaders.length === 0
  }
}

const plainRules = new AnswerRules({ answerHeaders: [], showsServer: true })

/** The head can be passed on with the bytes it came in. */
export const asItIs = 0

/** More than the lines of our own which are not in `cookieLines` and `rules`. */
const roomForOwnLines = 128

/** A buffer for the head towards the client must have so many bytes. */
export function clientHeadRoom(answer: AnswerScan, head: ClientHead): number {
  return answer.end - answer.start + 3 * head.cookieLines.length + head.rules.lines.length + roomForOwnLines
}

/**
 * Writes an answer's head as the client gets it to the beginning of `out`, which must have `clientHeadRoom`. Returns its
 * length, or `asItIs`, and then has written nothing: the usual case, in which the bytes from `answer.start` to
 * `answer.end` are the head. A 101 gets its handshake headers; whether the client asked for it is for the caller to know.
 */
export function writeClientHead(bytes: Buffer, answer: AnswerScan, head: ClientHead, out: Buffer): number {
  const saysConnection = head.closes || head.isHttp10 || answer.statusCode === 101
  if (
    answer.hopByHopCount === 0 &&
    !saysConnection &&
    answer.minorVersion === 1 &&
    head.cookieLines === '' &&
    head.rules.arePlain
  ) {
    return asItIs
  }
  let at = copyHeaders(bytes, answer, head, out)
  if (answer.statusCode >= 200) {
    at = put(out, at, head.rules.lines)
    if (head.cookieLines !== '') at += out.write(head.cookieLines, at, 'utf8')
  }
  return put(out, at, endOf(answer, head))
}

const headEnd = ascii('\r\n')
const closing = ascii('Connection: close\r\n\r\n')
const keeping = ascii('Connection: keep-alive\r\n\r\n')
const upgrading = ascii('Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n')

function endOf(answer: AnswerScan, head: ClientHead): Buffer {
  if (answer.statusCode === 101) return upgrading
  if (answer.statusCode < 200) return headEnd
  if (head.closes || saysClose(answer, head.isHttp10)) return closing
  return head.isHttp10 ? keeping : headEnd
}

/**
 * A client of HTTP/1.0, to which a length is all that can tell where a body ends, is told that the connection closes; also
 * one that asked with HEAD, and so gets no body.
 */
export function saysClose(answer: AnswerScan, isHttp10: boolean): boolean {
  return isHttp10 && (answer.isChunked || answerBody(answer, false) === AnswerBody.untilClose)
}

/** Node's HTTP/2 sends no status beyond 599. By HTTP/1.1 a target's own inventions are passed on as they are. */
export function canBeSent({ statusCode }: AnswerScan, { isHttp2 }: ClientSide): boolean {
  return !isHttp2 || statusCode <= 599
}

function copyHeaders(bytes: Buffer, answer: AnswerScan, head: ClientHead, out: Buffer): number {
  const { headers, kinds, headerCount } = answer
  // The status line goes with the first run; its version becomes ours (RFC 9110, 2.5).
  let at = 0
  let start = answer.start
  for (let place = 0; place < headerCount; place++) {
    const lineStart = headers[4 * place] ?? 0
    if (isKept(bytes, answer, head, place, kinds[place] ?? 0)) {
      if (start < 0) start = lineStart
    } else if (start >= 0) {
      at = putRange(out, at, bytes, start, lineStart)
      start = -1
    }
  }
  if (start >= 0) at = putRange(out, at, bytes, start, answer.end - 2)
  out[7] = 0x31
  return at
}

function isKept(bytes: Buffer, answer: AnswerScan, head: ClientHead, place: number, kind: number): boolean {
  if (kind === HeaderKind.transferEncoding) return !head.isHttp10
  if (kind > HeaderKind.lastKept) return false
  const { rules } = head
  if (rules.arePlain || answer.statusCode < 200) return true
  if (kind === HeaderKind.server && !rules.showsServer) return false
  const start = answer.headers[4 * place] ?? 0
  const end = answer.headers[4 * place + 1] ?? 0
  return !rules.replacedNames.some((name) => isWord(bytes, start, end, name))
}
