import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { appendFile, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogEvent } from '../domain/log-group.ts'
import type { LogFiles, StreamSummary } from '../engine/log-store.ts'

/** A piece is not added to any more when it has become this large. */
const pieceBytes = 1024 * 1024
/** So many pieces are kept in memory: whoever follows a log asks for the same ones again and again. */
const mostRemembered = 16

type Piece = {
  readonly name: string
  bytes: number
  firstTimestamp: number
  lastTimestamp: number
  lastIngestedAt: number
  nextSequence: number
  position: string | undefined
}
/** A line of a file: time, ingestion, sequence, message, and the writer's position where a batch ends. */
type Line = readonly [timestamp: number, ingestedAt: number, sequence: number, message: string, position?: string]

/**
 * The events of log streams under `<data>/logs/<streamId>/<number>.jsonl`, a line each, readable by the owner only. A line
 * that a crash has cut off is left out. What a stream has is read once, and known from then on.
 */
export class LogFilesOnDisk implements LogFiles {
  readonly #directory: string
  readonly #streams = new Map<string, Promise<Piece[]>>()
  readonly #remembered = new Map<string, Promise<readonly LogEvent[]>>()
  /** Files of which the last writing failed. */
  readonly #cutOff = new Set<string>()

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, 'logs')
  }

  async append(streamId: string, events: readonly LogEvent[], position?: string): Promise<void> {
    if (events.length === 0) return
    const pieces = await this.#pieces(streamId)
    const last = pieces.at(-1)
    const name = last === undefined || last.bytes >= pieceBytes ? nextName(last?.name) : last.name
    const text = events.map(
      (event, index) => `${JSON.stringify(lineOf(event, index === events.length - 1 ? position : undefined))}\n`,
    )
    await mkdir(join(this.#directory, streamId), { recursive: true, mode: 0o700 })
    await this.#write(this.#file(streamId, name), text.join(''))
    const piece = last?.name === name ? last : emptyPiece(name)
    if (piece !== last) pieces.push(piece)
    for (const event of events) note(piece, event)
    piece.bytes += Buffer.byteLength(text.join(''))
    piece.position = position ?? piece.position
    this.#remembered.delete(this.#file(streamId, name))
  }

  /** A full disk may take a part of a text: the line it was cut off in must not become the beginning of the next one. */
  async #write(file: string, text: string): Promise<void> {
    try {
      await appendFile(file, this.#cutOff.has(file) ? `\n${text}` : text, { mode: 0o600 })
      this.#cutOff.delete(file)
    } catch (error) {
      this.#cutOff.add(file)
      throw error
    }
  }

  async summary(streamId: string): Promise<StreamSummary | undefined> {
    const pieces = await this.#pieces(streamId)
    const last = pieces.at(-1)
    if (last === undefined) return undefined
    const position = pieces.findLast((piece) => piece.position !== undefined)?.position
    return {
      firstTimestamp: Math.min(...pieces.map((piece) => piece.firstTimestamp)),
      lastTimestamp: Math.max(...pieces.map((piece) => piece.lastTimestamp)),
      lastIngestedAt: last.lastIngestedAt,
      nextSequence: last.nextSequence,
      bytes: pieces.reduce((sum, { bytes }) => sum + bytes, 0),
      ...(position === undefined ? {} : { position }),
      pieces: pieces.map(({ name, bytes, firstTimestamp, lastTimestamp, lastIngestedAt }) => ({
        name,
        bytes,
        firstTimestamp,
        lastTimestamp,
        lastIngestedAt,
      })),
    }
  }

  async read(streamId: string, piece: string): Promise<readonly LogEvent[]> {
    const isThere = (await this.#pieces(streamId)).some(({ name }) => name === piece)
    return isThere ? this.#events(this.#file(streamId, piece)) : []
  }

  async remove(streamId: string): Promise<void> {
    this.#streams.delete(streamId)
    await rm(join(this.#directory, streamId), { recursive: true, force: true })
  }

  async removeOldest(streamId: string, piece: string): Promise<void> {
    const pieces = await this.#pieces(streamId)
    const index = pieces.findIndex(({ name }) => name === piece)
    // The last piece keeps the count of events and the writer's position.
    if (index < 0 || index === pieces.length - 1) return
    await rm(this.#file(streamId, piece), { force: true })
    pieces.splice(index, 1)
    this.#remembered.delete(this.#file(streamId, piece))
  }

  keepOnly(streamIds: ReadonlySet<string>): void {
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(this.#directory)) {
      if (!streamIds.has(name)) rmSync(join(this.#directory, name), { recursive: true, force: true })
    }
  }

  #pieces(streamId: string): Promise<Piece[]> {
    const known = this.#streams.get(streamId)
    if (known !== undefined) return known
    const read = this.#readPieces(streamId)
    this.#streams.set(streamId, read)
    read.catch(() => this.#streams.delete(streamId))
    return read
  }

  async #readPieces(streamId: string): Promise<Piece[]> {
    const names = await readdir(join(this.#directory, streamId)).catch(() => [])
    const pieces: Piece[] = []
    for (const name of names.filter((each) => /^\d{8}\.jsonl$/.test(each)).toSorted((a, b) => (a < b ? -1 : 1))) {
      const text = await readFile(this.#file(streamId, name), 'utf8')
      const piece = emptyPiece(name)
      piece.bytes = Buffer.byteLength(text)
      for (const [timestamp, ingestedAt, sequence, message, position] of linesOf(text)) {
        note(piece, { timestamp, ingestedAt, sequence, message })
        piece.position = position ?? piece.position
      }
      // A line that was cut off must not become the beginning of the next one.
      if (text !== '' && !text.endsWith('\n')) await appendFile(this.#file(streamId, name), '\n')
      pieces.push(piece)
    }
    return pieces
  }

  /** The reading itself is remembered: what is appended while it goes on makes it forgotten, too. */
  #events(file: string): Promise<readonly LogEvent[]> {
    const known = this.#remembered.get(file)
    if (known !== undefined) return known
    const reading = readEvents(file)
    this.#remembered.set(file, reading)
    reading.catch(() => this.#remembered.delete(file))
    const [first] = this.#remembered.keys()
    if (this.#remembered.size > mostRemembered && first !== undefined) this.#remembered.delete(first)
    return reading
  }

  #file(streamId: string, name: string): string {
    return join(this.#directory, streamId, name)
  }
}

async function readEvents(file: string): Promise<readonly LogEvent[]> {
  return linesOf(await readFile(file, 'utf8').catch(nothingWhereGone)).map(
    ([timestamp, ingestedAt, sequence, message]): LogEvent => ({ timestamp, ingestedAt, sequence, message }),
  )
}

/** Removed a moment ago. */
function nothingWhereGone(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return ''
  throw error
}

function nextName(name: string | undefined): string {
  return `${String(Number.parseInt(name ?? '0', 10) + 1).padStart(8, '0')}.jsonl`
}

function emptyPiece(name: string): Piece {
  return {
    name,
    bytes: 0,
    firstTimestamp: Infinity,
    lastTimestamp: -Infinity,
    lastIngestedAt: 0,
    nextSequence: 0,
    position: undefined,
  }
}

function note(piece: Piece, { timestamp, ingestedAt, sequence }: LogEvent): void {
  piece.firstTimestamp = Math.min(piece.firstTimestamp, timestamp)
  piece.lastTimestamp = Math.max(piece.lastTimestamp, timestamp)
  piece.lastIngestedAt = Math.max(piece.lastIngestedAt, ingestedAt)
  piece.nextSequence = sequence + 1
}

function lineOf({ timestamp, ingestedAt, sequence, message }: LogEvent, position: string | undefined): Line {
  return position === undefined
    ? [timestamp, ingestedAt, sequence, message]
    : [timestamp, ingestedAt, sequence, message, position]
}

function linesOf(text: string): readonly Line[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Line]
    } catch {
      return []
    }
  })
}
