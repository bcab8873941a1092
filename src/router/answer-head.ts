import { AnswerBody, answerBody, AnswerScan, longestAnswerHead, scanAnswer } from './answer-scan.ts'
import { complete, incomplete } from './field-line.ts'

/** One is enough: what it found is used before the next head is read. */
const answer = new AnswerScan()

/**
 * The head of the answer to a health check, as it comes in pieces. Of all it says, only the status code is of interest;
 * but it is read as the answers to requests are, so that no check passes by an answer for which clients would get a 502.
 */
export class AnswerHead {
  /** Of what has come and was not understood yet. */
  #rest: Buffer | undefined
  #isWhole = false

  /**
   * The status code; or why this is no answer, in words; or undefined while more has to come. The first `length` bytes
   * have come; they are the caller's again afterwards.
   */
  add(came: Buffer, length: number): number | string | undefined {
    const bytes = this.#rest === undefined ? came : Buffer.concat([this.#rest, came.subarray(0, length)])
    const end = bytes === came ? length : bytes.length
    let start = 0
    for (;;) {
      const result = scanAnswer(bytes, start, end, answer)
      if (result === incomplete) {
        this.#rest = Buffer.from(bytes.subarray(start, end))
        return undefined
      }
      if (result !== complete) return whyNoAnswer(bytes.subarray(start, end))
      if (answer.statusCode >= 200 || answer.statusCode === 101) break
      // An interim answer; the one that counts follows.
      start = answer.end
    }
    this.#isWhole = isWholeWith(end - answer.end)
    return answer.statusCode
  }

  /** True where the answer is known to have come with its last byte. */
  get isWhole(): boolean {
    return this.#isWhole
  }
}

function isWholeWith(bodyBytes: number): boolean {
  switch (answerBody(answer, false)) {
    case AnswerBody.none:
      return true
    case AnswerBody.length:
      return bodyBytes >= answer.contentLength
    default:
      return false
  }
}

const emptyLine = Buffer.from('\r\n\r\n')

/** The first line that is not as it must be, and else what may be wrong with all of them. */
function whyNoAnswer(bytes: Buffer): string {
  const end = bytes.indexOf(emptyLine)
  const headBytes = end < 0 ? bytes.length : end + emptyLine.length
  if (headBytes > longestAnswerHead) return `the answer's head is larger than ${longestAnswerHead} bytes`
  const [statusLine = '', ...headers] = bytes.toString('latin1', 0, end < 0 ? bytes.length : end).split('\r\n')
  if (!/^HTTP\/1\.[01] [1-9]\d\d(?: |$)/.test(statusLine)) return notHttp(statusLine)
  const wrong = headers.find((line) => !/^[!#$%&'*+.^_`|~0-9A-Za-z-]+:/.test(line))
  return wrong === undefined ? ambiguous : notHttp(wrong)
}

const ambiguous =
  'clients would get a 502 for such an answer: its length can be understood in two ways, or its head has too many lines, or a character that no head may have'

function notHttp(text: string): string {
  return `the answer is not HTTP (${JSON.stringify(text.slice(0, 40))})`
}
