import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import { open } from 'node:fs/promises'
import { StringDecoder } from 'node:string_decoder'
import type { Clock, OutputBatch, OutputLine } from '../engine/ports.ts'
import { logStart } from './log-limit.ts'
import { readContainerState } from './task-directory.ts'
import type { ContainerFiles } from './task-directory.ts'

/** A longer line is cut into several. */
const longestLineBytes = 256 * 1024
const pieceBytes = 1024 * 1024
/** The system tells of new output, and the watch of the container's end; should they forget to, somebody looks all the same. */
const patienceMilliseconds = 60_000
/** Where one of them cannot tell. */
const pollMilliseconds = 2_000

type Following = {
  readonly position: string | undefined
  readonly sink: (batch: OutputBatch) => Promise<void>
  readonly signal: AbortSignal
  /** Aborted when the container has ended. */
  readonly ended: AbortSignal
  readonly clock: Clock
}

/**
 * Hands on a container's log as it grows. A position is the count of bytes of output before it, which the cuts of the
 * log's size limit do not change. What was cut away before it was handed on is lost.
 */
export async function followLog(
  files: ContainerFiles,
  { position, sink, signal, ended, clock }: Following,
): Promise<void> {
  let at = position === undefined ? 0 : Number(position)
  const bell = new Bell(files.log, { signal, ended })
  try {
    for (;;) {
      signal.throwIfAborted()
      bell.reset()
      // In this order: a container that is found ended has written all it ever will.
      const hasEnded = isOver(files)
      const piece = await readFrom(files, at)
      const { lines, taken } = split(piece.bytes, { isLast: hasEnded && piece.isEnd, now: clock.now() })
      at = piece.start + taken
      if (lines.length > 0) await sink({ lines, position: String(at) })
      if (hasEnded && piece.isEnd) return
      if (piece.isEnd || taken === 0) await bell.rings(clock)
    }
  } finally {
    bell.close()
  }
}

function isOver(files: ContainerFiles): boolean {
  const { kind } = readContainerState(files)
  return kind !== 'running'
}

type Piece = {
  readonly bytes: Buffer
  /** Where the piece really begins: later than asked for where something was lost. */
  readonly start: number
  /** Nothing more has been written up to now. */
  readonly isEnd: boolean
}

/** What follows a position: of the older log where it lies there, or of the log. */
async function readFrom({ log, olderLog, logBase }: ContainerFiles, at: number): Promise<Piece> {
  const base = logStart({ logBase })
  if (at < base) {
    const older = await readPiece(olderLog, (size) => Math.max(0, at - (base - size)))
    if (older.bytes.length > 0) return { bytes: older.bytes, start: base - older.size + older.from, isEnd: false }
  }
  const inLog = await readPiece(log, (size) => (at - base > size ? 0 : Math.max(0, at - base)))
  return { bytes: inLog.bytes, start: base + inLog.from, isEnd: inLog.from + inLog.bytes.length >= inLog.size }
}

async function readPiece(
  file: string,
  fromOf: (size: number) => number,
): Promise<{ readonly bytes: Buffer; readonly from: number; readonly size: number }> {
  const handle = await open(file, 'r')
  try {
    const { size } = await handle.stat()
    const from = fromOf(size)
    const length = Math.min(pieceBytes, size - from)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from)
    return { bytes: buffer.subarray(0, bytesRead), from, size }
  } finally {
    await handle.close()
  }
}

/** Whole lines only, as long as more may come. */
function split(
  bytes: Buffer,
  { isLast, now }: { readonly isLast: boolean; readonly now: number },
): { readonly lines: readonly OutputLine[]; readonly taken: number } {
  const lines: OutputLine[] = []
  const take = (from: number, to: number): void => {
    lines.push({ timestamp: now, message: new StringDecoder('utf8').end(bytes.subarray(from, to)).replace(/\r$/, '') })
  }
  let taken = 0
  while (taken < bytes.length) {
    const end = bytes.indexOf(0x0a, taken)
    if (end >= 0 && end - taken <= longestLineBytes) {
      take(taken, end)
      taken = end + 1
    } else if (bytes.length - taken >= longestLineBytes) {
      take(taken, taken + longestLineBytes)
      taken += longestLineBytes
    } else if (isLast) {
      take(taken, bytes.length)
      taken = bytes.length
    } else {
      break
    }
  }
  return { lines, taken }
}

/** Rings when the file changes, when the container ends, when the following is called off, and now and then. */
class Bell {
  readonly #watcher: FSWatcher | undefined
  readonly #signal: AbortSignal
  readonly #ended: AbortSignal
  #change = new AbortController()

  constructor(file: string, { signal, ended }: Pick<Following, 'signal' | 'ended'>) {
    this.#signal = signal
    this.#ended = ended
    this.#watcher = watchIfPossible(file, () => this.#change.abort())
  }

  reset(): void {
    this.#change = new AbortController()
  }

  async rings(clock: Clock): Promise<void> {
    const mayEnd = this.#ended.aborted ? [] : [this.#ended]
    const signal = AbortSignal.any([this.#change.signal, this.#signal, ...mayEnd])
    const patience = this.#watcher === undefined || this.#ended.aborted ? pollMilliseconds : patienceMilliseconds
    await clock.sleep(patience, signal).catch(() => undefined)
  }

  close(): void {
    this.#watcher?.close()
  }
}

/** The system watches only so many files; without a watch it is looked now and then. */
function watchIfPossible(file: string, changed: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(file, { persistent: false }, changed)
    // A file that is removed ends the watch; the next look tells.
    watcher.on('error', changed)
    return watcher
  } catch {
    return undefined
  }
}
