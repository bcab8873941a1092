/** As much of an answer's head as the load balancer takes. */
const mostBytes = 32 * 1024

const emptyLine = Buffer.from('\r\n\r\n')

/**
 * The head of the answer to a health check, as it comes in pieces. Of all it says, only the status code is of interest;
 * but no check passes by an answer with whose head clients would get a 502.
 */
export class AnswerHead {
  #bytes: Buffer = Buffer.alloc(0)
  #isWhole = false

  /** The status code; or why this is no answer, in words; or undefined while more has to come. */
  add(bytes: Buffer): number | string | undefined {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes])
    for (;;) {
      const end = this.#bytes.indexOf(emptyLine)
      if (end < 0) return this.#unfinished()
      if (end > mostBytes) return tooLarge
      const lines = this.#bytes.toString('latin1', 0, end).split('\r\n')
      const statusCode = statusCodeOf(lines)
      if (typeof statusCode === 'string' || statusCode >= 200 || statusCode === 101) {
        this.#isWhole =
          typeof statusCode === 'number' && isWholeWith(lines, this.#bytes.length - end - emptyLine.length)
        return statusCode
      }
      // An interim answer; the one that counts follows.
      this.#bytes = this.#bytes.subarray(end + emptyLine.length)
    }
  }

  /** True where the answer is known to have come with its last byte. */
  get isWhole(): boolean {
    return this.#isWhole
  }

  #unfinished(): string | undefined {
    if (this.#bytes.length > mostBytes) return tooLarge
    const begin = this.#bytes.toString('latin1', 0, beginning.length)
    return beginning.startsWith(begin.slice(0, beginning.length)) ? undefined : notHttp(begin)
  }
}

const beginning = 'HTTP/1.'
const tooLarge = `the answer's head is larger than ${mostBytes} bytes`

function statusCodeOf([statusLine = '', ...headers]: readonly string[]): number | string {
  const match = /^HTTP\/1\.[01] ([1-9]\d\d)(?: |$)/.exec(statusLine)
  if (match === null) return notHttp(statusLine)
  const wrong = headers.find((line) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\0\r\n]*$/.test(line))
  return wrong === undefined ? Number(match[1]) : notHttp(wrong)
}

function isWholeWith(lines: readonly string[], bodyBytes: number): boolean {
  const length = lines.find((line) => /^content-length:/i.test(line))
  return length !== undefined && Number(length.slice('content-length:'.length)) <= bodyBytes
}

function notHttp(text: string): string {
  return `the answer is not HTTP (${JSON.stringify(text.slice(0, 40))})`
}
