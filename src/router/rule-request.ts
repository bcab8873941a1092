import type { RequestHead } from '../domain/rule-match.ts'
import { lowerLetter } from './bytes.ts'
import type { RequestScan } from './request-scan.ts'

const none: readonly string[] = []

/**
 * A scanned request as rules look at it. Each text is made when it is asked for, and once: most rules ask for the path
 * alone. One is used for all requests, since rules are done with it before the next one is read.
 */
export class RuleRequest implements RequestHead {
  sourceIp = ''
  #bytes: Buffer = Buffer.alloc(0)
  #scan: RequestScan | undefined
  #host: string | undefined
  #path: string | undefined
  #query: string | undefined

  begin(bytes: Buffer, scan: RequestScan, sourceIp: string): void {
    this.sourceIp = sourceIp
    this.#bytes = bytes
    this.#scan = scan
    this.#host = undefined
    this.#path = undefined
    this.#query = undefined
  }

  get method(): string {
    return this.#text(this.#scan?.methodStart, this.#scan?.methodEnd)
  }

  get host(): string {
    this.#host ??= withoutPort(this.hostWithPort)
    return this.#host
  }

  /** Of the URI where it is absolute; otherwise of the header. Empty where HTTP/1.0 left it out. */
  get hostWithPort(): string {
    const scan = this.#scan
    if (scan === undefined) return ''
    if (scan.authorityStart >= 0) return this.#text(scan.authorityStart, scan.authorityEnd)
    if (scan.host < 0) return ''
    return this.#text(scan.headers[4 * scan.host + 2], scan.headers[4 * scan.host + 3])
  }

  get path(): string {
    this.#path ??= this.#splitUri().path
    return this.#path
  }

  get query(): string {
    this.#query ??= this.#splitUri().query
    return this.#query
  }

  /** Names are compared as bytes: a text is made of the value alone, and only where there is one. */
  valuesOf(lowerCaseName: string): readonly string[] {
    const scan = this.#scan
    if (scan === undefined) return none
    let values: string[] | undefined
    const { headers, headerCount } = scan
    for (let at = 0; at < 4 * headerCount; at += 4) {
      const start = headers[at] ?? 0
      if ((headers[at + 1] ?? 0) - start !== lowerCaseName.length || !this.#isName(start, lowerCaseName)) continue
      values ??= []
      values.push(this.#text(headers[at + 2], headers[at + 3]))
    }
    return values ?? none
  }

  #isName(start: number, lowerCaseName: string): boolean {
    for (let index = 0; index < lowerCaseName.length; index++) {
      if (lowerLetter(this.#bytes[start + index] ?? 0) !== lowerCaseName.charCodeAt(index)) return false
    }
    return true
  }

  #splitUri(): { readonly path: string; readonly query: string } {
    const uri = this.#text(this.#scan?.uriStart, this.#scan?.uriEnd)
    const question = uri.indexOf('?')
    const path = question < 0 ? uri : uri.slice(0, question)
    // An absolute URI may have no path; the target gets `/` then.
    return { path: path === '' ? '/' : path, query: question < 0 ? '' : uri.slice(question + 1) }
  }

  #text(start = 0, end = 0): string {
    return this.#bytes.toString('latin1', start, end)
  }
}

/** What begins with a digit or nothing behind the last colon is a port; an IPv6 address ends with a bracket. */
function withoutPort(host: string): string {
  const colon = host.lastIndexOf(':')
  return colon < 0 || host.endsWith(']') ? host : host.slice(0, colon)
}
