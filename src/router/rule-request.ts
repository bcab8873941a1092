import type { RequestHead, RequestText } from '../domain/rule-match.ts'
import type { TextTest } from '../domain/text-pattern.ts'
import { portStart } from './authority.ts'
import { ascii, lowerLetter } from './bytes.ts'
import type { RequestScan } from './request-scan.ts'

const questionMark = 0x3f
/** An absolute URI may have no path; the target gets `/` then. */
const slash = ascii('/')

/** A place in the head of the request in hand. */
class HeadText implements RequestText {
  bytes: Buffer = slash
  start = 0
  end = 0

  at(bytes: Buffer, start: number, end: number): this {
    this.bytes = bytes
    this.start = start
    this.end = end
    return this
  }

  toString(): string {
    return this.bytes.toString('latin1', this.start, this.end)
  }
}

/**
 * A scanned request as rules look at it: places in its bytes, found when they are asked for. One is used for all
 * requests, since rules are done with it before the next one is read.
 */
export class RuleRequest implements RequestHead {
  sourceIp = ''
  #bytes: Buffer = slash
  #scan: RequestScan | undefined
  readonly #method = new HeadText()
  readonly #host = new HeadText()
  readonly #path = new HeadText()
  readonly #query = new HeadText()
  #hasHost = false
  #hasPath = false

  begin(bytes: Buffer, scan: RequestScan, sourceIp: string): void {
    this.sourceIp = sourceIp
    this.#bytes = bytes
    this.#scan = scan
    this.#hasHost = false
    this.#hasPath = false
  }

  get method(): HeadText {
    return this.#method.at(this.#bytes, this.#scan?.methodStart ?? 0, this.#scan?.methodEnd ?? 0)
  }

  get host(): HeadText {
    if (!this.#hasHost) this.#findHost()
    return this.#host
  }

  get path(): HeadText {
    if (!this.#hasPath) this.#findPath()
    return this.#path
  }

  get query(): HeadText {
    if (!this.#hasPath) this.#findPath()
    return this.#query
  }

  hasValue(lowerCaseName: string, values: TextTest): boolean {
    const scan = this.#scan
    if (scan === undefined) return false
    const { headers, headerCount } = scan
    for (let at = 0; at < 4 * headerCount; at += 4) {
      const start = headers[at] ?? 0
      if ((headers[at + 1] ?? 0) - start !== lowerCaseName.length || !this.#isName(start, lowerCaseName)) continue
      if (values.isMeant(this.#bytes, headers[at + 2] ?? 0, headers[at + 3] ?? 0)) return true
    }
    return false
  }

  /** For the `Location` of a redirect. */
  texts(): { readonly host: string; readonly path: string; readonly query: string } {
    return { host: this.host.toString(), path: this.path.toString(), query: this.query.toString() }
  }

  #isName(start: number, lowerCaseName: string): boolean {
    for (let index = 0; index < lowerCaseName.length; index++) {
      if (lowerLetter(this.#bytes[start + index] ?? 0) !== lowerCaseName.charCodeAt(index)) return false
    }
    return true
  }

  /** Of the URI where it is absolute; otherwise of the header. Empty where HTTP/1.0 left it out. */
  #findHost(): void {
    this.#hasHost = true
    const scan = this.#scan
    let [start, end] = [0, 0]
    if (scan !== undefined && scan.authorityStart >= 0) [start, end] = [scan.authorityStart, scan.authorityEnd]
    else if (scan !== undefined && scan.host >= 0) {
      start = scan.headers[4 * scan.host + 2] ?? 0
      end = scan.headers[4 * scan.host + 3] ?? 0
    }
    this.#host.at(this.#bytes, start, portStart(this.#bytes, start, end))
  }

  #findPath(): void {
    this.#hasPath = true
    const bytes = this.#bytes
    const start = this.#scan?.uriStart ?? 0
    const end = this.#scan?.uriEnd ?? 0
    let question = start
    while (question < end && bytes[question] !== questionMark) question++
    if (question === start) this.#path.at(slash, 0, slash.length)
    else this.#path.at(bytes, start, question)
    this.#query.at(bytes, Math.min(question + 1, end), end)
  }
}
