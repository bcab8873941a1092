/** What an answer comes to, told in this order: interim answers, the head, the body in pieces, the end. */
export type AnswerEvents = {
  /** 1xx, any number of them. */
  onInterim(statusCode: number, headers: readonly string[]): void
  /** `headers` are names in lower case and values, alternating; those of the connection are left out. */
  onHead(statusCode: number, headers: readonly string[], body: { readonly mayHaveTrailers: boolean }): void
  onBody(bytes: Buffer): void
  onAnswerEnd(trailers: readonly string[]): void
}

type State = 'head' | 'length' | 'close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'over'

const headEnd = Buffer.from('\r\n\r\n')
const lineEnd = Buffer.from('\r\n')
const longestHead = 128 * 1024
const longestLine = 16 * 1024

/**
 * Reads one answer of HTTP/1.1 out of the bytes the router writes to a client. They are the router's own: what does not
 * fit is a mistake, told as `false`, after which there is nothing to go on with.
 */
export class AnswerReader {
  readonly #method: string
  readonly #events: AnswerEvents
  #state: State = 'head'
  /** What has come of a head, a line or the trailers, none of them whole yet. */
  #rest: Buffer | undefined
  /** Of the body, or of the chunk. */
  #missingBytes = 0

  constructor(method: string, events: AnswerEvents) {
    this.#method = method
    this.#events = events
  }

  get isOver(): boolean {
    return this.#state === 'over'
  }

  /** The bytes, or parts of them, are given on as they are and must not change any more. */
  write(bytes: Buffer): boolean {
    let rest = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes])
    this.#rest = undefined
    while (rest.length > 0 && this.#state !== 'over') {
      const next = this.#read(rest)
      if (next === undefined) return false
      if (next === 'more') {
        this.#rest = rest
        return rest.length <= (this.#state === 'head' ? longestHead : longestLine)
      }
      rest = next
    }
    return true
  }

  /** Nothing more will come. False where the answer is not whole. */
  end(): boolean {
    if (this.#state === 'close') this.#finish([])
    return this.#state === 'over'
  }

  /** What is left to read; `more` where nothing can be read yet, undefined for a mistake. */
  #read(bytes: Buffer): Buffer | 'more' | undefined {
    switch (this.#state) {
      case 'head':
        return this.#readHead(bytes)
      case 'length':
      case 'chunk':
        return this.#readCounted(bytes)
      case 'close':
        this.#events.onBody(bytes)
        return nothing
      case 'chunk-size':
        return this.#readChunkSize(bytes)
      case 'chunk-end':
        if (bytes.length < 2) return 'more'
        this.#state = 'chunk-size'
        return bytes.subarray(0, 2).equals(lineEnd) ? bytes.subarray(2) : undefined
      case 'trailers':
        return this.#readTrailers(bytes)
      case 'over':
        return nothing
    }
  }

  #readHead(bytes: Buffer): Buffer | 'more' | undefined {
    const end = bytes.indexOf(headEnd)
    if (end < 0) return 'more'
    const text = bytes.toString('latin1', 0, end)
    const statusEnd = text.indexOf('\r\n')
    const headers = statusEnd < 0 ? [] : headersOf(text, statusEnd + 2)
    if (!statusLine.test(text) || headers === undefined) return undefined
    const statusCode = Number(text.slice(9, 12))
    const rest = bytes.subarray(end + headEnd.length)
    if (statusCode === 101) return undefined
    if (statusCode < 200) this.#events.onInterim(statusCode, withoutConnection(withoutLength(headers)))
    else this.#begin(statusCode, headers)
    return rest
  }

  #begin(statusCode: number, told: readonly string[]): void {
    // Of these even a length says too much: clients of HTTP/2 take it for a broken answer (RFC 9110, 8.6 and 15.3.6). With
    // 304 it may be told, but Go's client, and what is made with it, waits for so many bytes all the same.
    const isEmpty = statusCode === 204 || statusCode === 205 || statusCode === 304
    const headers = isEmpty ? withoutLength(told) : told
    const hasBody = this.#method !== 'HEAD' && !isEmpty
    const isChunked = hasBody && /\bchunked$/i.test(valueOf(headers, 'transfer-encoding') ?? '')
    const length = valueOf(headers, 'content-length')
    this.#events.onHead(statusCode, withoutConnection(headers), { mayHaveTrailers: isChunked })
    this.#missingBytes = Number(length ?? 0)
    if (!hasBody || (!isChunked && length !== undefined && Number(length) === 0)) this.#finish([])
    else if (isChunked) this.#state = 'chunk-size'
    else this.#state = length === undefined ? 'close' : 'length'
  }

  #readCounted(bytes: Buffer): Buffer {
    // Mostly it is all there: then nothing is cut.
    const piece = bytes.length <= this.#missingBytes ? bytes : bytes.subarray(0, this.#missingBytes)
    this.#missingBytes -= piece.length
    this.#events.onBody(piece)
    if (this.#missingBytes === 0) {
      if (this.#state === 'chunk') this.#state = 'chunk-end'
      else this.#finish([])
    }
    return piece === bytes ? nothing : bytes.subarray(piece.length)
  }

  #readChunkSize(bytes: Buffer): Buffer | 'more' | undefined {
    const end = bytes.indexOf(lineEnd)
    if (end < 0) return 'more'
    const size = /^[0-9a-f]{1,13}(?=$|[ \t;])/i.exec(bytes.toString('latin1', 0, end))?.[0]
    if (size === undefined) return undefined
    this.#missingBytes = Number.parseInt(size, 16)
    this.#state = this.#missingBytes === 0 ? 'trailers' : 'chunk'
    return bytes.subarray(end + lineEnd.length)
  }

  #readTrailers(bytes: Buffer): Buffer | 'more' | undefined {
    if (bytes.length >= 2 && bytes.subarray(0, 2).equals(lineEnd)) {
      this.#finish([])
      return bytes.subarray(2)
    }
    const end = bytes.indexOf(headEnd)
    if (end < 0) return 'more'
    const trailers = headersOf(bytes.toString('latin1', 0, end), 0)
    if (trailers === undefined) return undefined
    this.#finish(withoutConnection(trailers))
    return bytes.subarray(end + headEnd.length)
  }

  #finish(trailers: readonly string[]): void {
    this.#state = 'over'
    this.#events.onAnswerEnd(trailers)
  }
}

const nothing = Buffer.alloc(0)
const statusLine = /^HTTP\/1\.[01] \d{3}/

/** Of the lines from `start` to the end of the text. Undefined where one of them is none. */
function headersOf(text: string, start: number): readonly string[] | undefined {
  const headers: string[] = []
  for (let at = start, end; at < text.length; at = end + 2) {
    const found = text.indexOf('\r\n', at)
    end = found < 0 ? text.length : found
    const colon = text.indexOf(':', at)
    if (colon <= at || colon >= end) return undefined
    headers.push(text.slice(at, colon).trimEnd().toLowerCase(), withoutBlanks(text, colon + 1, end))
  }
  return headers
}

/** `trim` would take more: a byte that is a part of a letter in UTF-8 is a space in ISO 8859-1. */
function withoutBlanks(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isBlank(text[start])) start++
  while (end > start && isBlank(text[end - 1])) end--
  return text.slice(start, end)
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t'
}

/** Of the connection it came on; HTTP/2 has them in no answer. */
const ofConnection = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])
const ofLength = new Set(['content-length'])

function withoutConnection(headers: readonly string[]): readonly string[] {
  return without(ofConnection, headers)
}

function withoutLength(headers: readonly string[]): readonly string[] {
  return without(ofLength, headers)
}

/** The very same where none of them is there. */
function without(names: ReadonlySet<string>, headers: readonly string[]): readonly string[] {
  for (let at = 0; at < headers.length; at += 2)
    if (names.has(headers[at] ?? ''))
      return headers.filter((_, place) => !names.has(headers[place - (place % 2)] ?? ''))
  return headers
}

function valueOf(headers: readonly string[], name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1]
  return undefined
}
