import type { RequestScan } from './request-scan.ts'

const fewBytes = 512
/** Leaves room for the trace id. */
const mostOfShortHead = 384
/** Room for more than that is let go of after a request that had need of it. */
const mostKeptBytes = 4096

/**
 * What an access log tells in the words of a request, copied while its head is there. Each place is one in `bytes`; a start
 * of -1 stands for what there is not.
 */
export class ToldBytes {
  bytes = Buffer.allocUnsafeSlow(fewBytes)
  methodStart = -1
  methodEnd = -1
  /** As it stands in the request line: a path with its query, or a whole URI. */
  uriStart = -1
  uriEnd = -1
  /** As the client sent it. */
  hostStart = -1
  hostEnd = -1
  userAgentStart = -1
  userAgentEnd = -1
  /** The `X-Amzn-Trace-Id` that the target was given, or would have been. */
  traceIdStart = -1
  traceIdEnd = -1
  #length = 0

  clear(): void {
    if (this.bytes.length > mostKeptBytes) this.bytes = Buffer.allocUnsafeSlow(fewBytes)
    this.#length = 0
    this.methodStart = this.methodEnd = -1
    this.uriStart = this.uriEnd = -1
    this.hostStart = this.hostEnd = -1
    this.userAgentStart = this.userAgentEnd = -1
    this.traceIdStart = this.traceIdEnd = -1
  }

  takeHead(bytes: Buffer, scan: RequestScan): void {
    const { methodStart, methodEnd, targetStart, targetEnd, host, userAgent } = scan
    const lastEnd = Math.max(targetEnd, endOfValue(scan, host), endOfValue(scan, userAgent))
    // Of a short head everything up to the last of them is copied at once: one copy takes as long as another.
    const isShort = lastEnd - methodStart <= mostOfShortHead
    const moved = this.#take(bytes, methodStart, isShort ? lastEnd : targetEnd) - methodStart
    this.methodStart = methodStart + moved
    this.methodEnd = methodEnd + moved
    this.uriStart = targetStart + moved
    this.uriEnd = targetEnd + moved
    if (host >= 0) {
      const [start, end] = [startOfValue(scan, host), endOfValue(scan, host)]
      this.hostStart = isShort ? start + moved : this.#take(bytes, start, end)
      this.hostEnd = this.hostStart + end - start
    }
    if (userAgent >= 0) {
      const [start, end] = [startOfValue(scan, userAgent), endOfValue(scan, userAgent)]
      this.userAgentStart = isShort ? start + moved : this.#take(bytes, start, end)
      this.userAgentEnd = this.userAgentStart + end - start
    }
  }

  takeTraceId(head: Buffer, start: number, end: number): void {
    this.traceIdStart = this.#take(head, start, end)
    this.traceIdEnd = this.#length
  }

  /** Where it lies now. */
  #take(bytes: Buffer, start: number, end: number): number {
    const at = this.#length
    const length = at + end - start
    if (length > this.bytes.length) {
      const room = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(length)))
      this.bytes.copy(room, 0, 0, at)
      this.bytes = room
    }
    bytes.copy(this.bytes, at, start, end)
    this.#length = length
    return at
  }
}

function startOfValue({ headers }: RequestScan, place: number): number {
  return headers[4 * place + 2] ?? 0
}

/** 0 where there is no such header. */
function endOfValue({ headers }: RequestScan, place: number): number {
  return place < 0 ? 0 : (headers[4 * place + 3] ?? 0)
}
