import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { LineBytes } from './line-bytes.ts'

/** Memory that all access logs of a router share: lines that wait for the disk. */
export class LineMemory {
  readonly #mostBytes: number
  readonly #chunkBytes: number
  readonly #spare: Buffer[] = []
  #usedBytes = 0

  constructor({ mostBytes, chunkBytes }: { readonly mostBytes: number; readonly chunkBytes: number }) {
    this.#mostBytes = mostBytes
    this.#chunkBytes = chunkBytes
  }

  /** Undefined where all of it is in use. */
  take(): Buffer | undefined {
    if (this.#usedBytes + this.#chunkBytes > this.#mostBytes) return undefined
    this.#usedBytes += this.#chunkBytes
    return this.#spare.pop() ?? Buffer.allocUnsafeSlow(this.#chunkBytes)
  }

  give(chunk: Buffer): void {
    this.#usedBytes -= this.#chunkBytes
    if (this.#spare.length < mostSpare) this.#spare.push(chunk)
  }
}

/** An idle router keeps no more than so many chunks. */
const mostSpare = 2

/** What is to be done, in this order. Paths are those of open files. */
type Job =
  | {
      readonly kind: 'write'
      readonly path: string
      readonly chunk: Buffer
      readonly bytes: number
      readonly lines: number
    }
  | { readonly kind: 'complete'; readonly path: string; readonly completePath: string }
type Write = Extract<Job, { readonly kind: 'write' }>

export type WriterEvents = {
  /** The disk took something again, after `onDropped`. */
  onWritten(): void
  /** Lines are lost for want of memory (because the disk does not follow), or because the disk refuses them. */
  onDropped(lines: number, reason: string): void
  onCompleted(path: string): void
}

/**
 * Writes lines into files, one file after the other, without the event loop ever waiting for the disk. What the disk
 * refuses is dropped as a whole: a file has whole lines only.
 */
export class AccessLogWriter {
  readonly #memory: LineMemory
  readonly #events: WriterEvents
  readonly #jobs: Job[] = []
  #working: Promise<void> | undefined
  #file: { readonly path: string; readonly handle: FileHandle; size: number } | undefined
  #filling: { readonly path: string; readonly chunk: Buffer; bytes: number; lines: number } | undefined

  constructor(memory: LineMemory, events: WriterEvents) {
    this.#memory = memory
    this.#events = events
  }

  /** True where everything that was asked for is done. */
  get isIdle(): boolean {
    return this.#filling === undefined && this.#working === undefined
  }

  /** Adds a line to the file of this path. No line is longer than a chunk. */
  add(path: string, line: LineBytes): void {
    let filling = this.#filling
    if (filling !== undefined && (filling.path !== path || filling.bytes + line.length > filling.chunk.length)) {
      this.flush()
      filling = undefined
    }
    if (filling === undefined) {
      const chunk = this.#memory.take()
      if (chunk === undefined) return this.#events.onDropped(1, 'the disk does not keep up')
      filling = { path, chunk, bytes: 0, lines: 0 }
      this.#filling = filling
    }
    line.bytes.copy(filling.chunk, filling.bytes, 0, line.length)
    filling.bytes += line.length
    filling.lines++
  }

  /** Begins to write what there is. */
  flush(): void {
    const filling = this.#filling
    if (filling === undefined) return
    this.#filling = undefined
    this.#do({ kind: 'write', ...filling })
  }

  /** The file gets no more lines: once all are written, it gets this name. */
  complete(path: string, completePath: string): void {
    this.flush()
    this.#do({ kind: 'complete', path, completePath })
  }

  /** Resolves when everything that was asked for so far is done. */
  async finished(): Promise<void> {
    while (this.#working !== undefined) await this.#working
  }

  #do(job: Job): void {
    this.#jobs.push(job)
    this.#working ??= this.#work()
  }

  async #work(): Promise<void> {
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      if (job.kind === 'write') await this.#write(job)
      else await this.#complete(job)
    }
    this.#working = undefined
  }

  async #write({ path, chunk, bytes, lines }: Write): Promise<void> {
    try {
      const file = this.#file?.path === path ? this.#file : await this.#open(path)
      await writeWhole(file.handle, chunk, { bytes, position: file.size })
      file.size += bytes
      this.#events.onWritten()
    } catch (error) {
      this.#events.onDropped(lines, reasonOf(error))
      await this.#cutToWholeLines()
    } finally {
      this.#memory.give(chunk)
    }
  }

  async #open(path: string) {
    await this.#close()
    const handle = await openInDirectory(path)
    const { size } = await handle.stat()
    this.#file = { path, handle, size }
    return this.#file
  }

  /** A full disk takes the first part of what it is given, and a file can be made shorter there all the same. */
  async #cutToWholeLines(): Promise<void> {
    const file = this.#file
    await file?.handle.truncate(file.size).catch(() => undefined)
  }

  async #complete({ path, completePath }: Extract<Job, { readonly kind: 'complete' }>): Promise<void> {
    const file = this.#file?.path === path ? this.#file : undefined
    await this.#close()
    // Without a file, all its lines were dropped; also where the disk took a file, and nothing for it.
    if (file === undefined) return
    if (file.size === 0) return rm(path, { force: true }).catch(() => undefined)
    try {
      await rename(path, completePath)
      this.#events.onCompleted(completePath)
    } catch (error) {
      this.#events.onDropped(0, `${path} could not be completed: ${reasonOf(error)}`)
    }
  }

  async #close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.handle.close().catch(() => undefined)
  }
}

/** The engine removes directories that are empty, also one that was just made. */
async function openInDirectory(path: string): Promise<FileHandle> {
  for (let attempt = 1; ; attempt++) {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    try {
      return await open(path, 'a', 0o600)
    } catch (error) {
      if (attempt === 3 || !(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    }
  }
}

async function writeWhole(
  handle: FileHandle,
  chunk: Buffer,
  { bytes, position }: { readonly bytes: number; readonly position: number },
): Promise<void> {
  for (let done = 0; done < bytes;) {
    const { bytesWritten } = await handle.write(chunk, done, bytes - done, position + done)
    done += bytesWritten
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
