import { ChunkScan, scanChunks } from './chunk-scan.ts'
import type { RequestScan } from './request-scan.ts'

const Kind = { none: 0, length: 1, chunked: 2 } as const

/** How far the body of one request after the other has come. */
export class RequestBody {
  /** Its last byte has come. */
  isOver = true
  /** There is one, and nothing of it has come yet. */
  isAwaited = false
  #kind: number = Kind.none
  #remaining = 0
  #chunks: ChunkScan | undefined

  /** The request has none. */
  get isEmpty(): boolean {
    return this.#kind === Kind.none
  }

  begin({ isChunked, contentLength }: RequestScan): void {
    this.#remaining = contentLength
    if (isChunked) {
      this.#kind = Kind.chunked
      this.#chunks ??= new ChunkScan()
      this.#chunks.restart()
    } else this.#kind = contentLength > 0 ? Kind.length : Kind.none
    this.isOver = this.#kind === Kind.none
    this.isAwaited = !this.isOver
  }

  /** Returns where the body ends in these bytes, or `brokenChunks`. */
  read(bytes: Buffer, start: number, end: number): number {
    if (this.isOver || start === end) return start
    this.isAwaited = false
    const chunks = this.#chunks
    if (this.#kind === Kind.chunked && chunks !== undefined) {
      const bodyEnd = scanChunks(chunks, bytes, start, end)
      this.isOver = chunks.isDone
      return bodyEnd
    }
    const length = Math.min(this.#remaining, end - start)
    this.#remaining -= length
    this.isOver = this.#remaining === 0
    return start + length
  }

  /** Nothing more of it can be told from anything else. */
  giveUp(): void {
    this.isOver = true
  }
}
