import { open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { createGzip } from 'node:zlib'
import {
  accessLogDirectory,
  accessLogDirectoryName,
  accessLogFileName,
  parseAccessLogDirectoryName,
  parseAccessLogFileName,
  type AccessLogFileState,
  type LoggedLoadBalancer,
} from '../domain/access-log-file.ts'
import type { AccessLogSpool, SpooledFile } from '../engine/access-log-spool.ts'
import { codeOf } from './error-code.ts'

/**
 * A router completes its files when their period is over. One that is still open after so long, and was not written for
 * so long, has been left behind, although a process has its router's number.
 */
const leftBehindMilliseconds = 120_000

/** The files of access logs below `<data>/access-logs`, a directory for each load balancer. */
export class AccessLogSpoolOnDisk implements AccessLogSpool {
  readonly #directory: string

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, accessLogDirectory)
  }

  async list(): Promise<readonly SpooledFile[]> {
    const files: SpooledFile[] = []
    for (const name of await namesIn(this.#directory)) {
      const loadBalancer = parseAccessLogDirectoryName(name)
      if (loadBalancer === undefined) continue
      const found = await this.listOf(loadBalancer)
      files.push(...found)
      // Only when it is empty; a router that needs it again makes it again.
      if (found.length === 0) await rmdir(join(this.#directory, name)).catch(() => undefined)
    }
    return files
  }

  async listOf(loadBalancer: LoggedLoadBalancer): Promise<readonly SpooledFile[]> {
    const files: SpooledFile[] = []
    for (const name of await namesIn(this.#directoryOf(loadBalancer))) {
      const parsed = parseAccessLogFileName(name)
      if (parsed === undefined) continue
      const found = await this.#look({ loadBalancer, ...parsed })
      if (found !== undefined) files.push(found)
    }
    return files.toSorted(
      (one, other) => one.file.periodEnd - other.file.periodEnd || one.file.sequence - other.file.sequence,
    )
  }

  compressed(file: SpooledFile): AsyncIterable<Uint8Array> {
    const gzip = createGzip()
    // A failure of either reaches whoever reads, through the gzip.
    pipeline(createReadStream(this.#path(file), { highWaterMark: 256 * 1024 }), gzip, () => undefined)
    return gzip
  }

  async read(file: SpooledFile, from: number, mostBytes: number): Promise<Uint8Array | undefined> {
    const path = this.#path(file)
    const handle = await open(path, 'r').catch(ignoreMissing)
    if (handle === undefined) return undefined
    try {
      const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(mostBytes), 0, mostBytes, from)
      return buffer.subarray(0, bytesRead)
    } finally {
      await handle.close()
    }
  }

  async markDelivered(file: SpooledFile): Promise<void> {
    await this.#rename(file, 'delivered')
  }

  async remove(file: SpooledFile): Promise<void> {
    await rm(this.#path(file), { force: true })
  }

  /** Undefined where it is gone. One that gets its next name in this moment is found under that. */
  async #look(named: Omit<SpooledFile, 'size'>): Promise<SpooledFile | undefined> {
    for (const state of statesFrom[named.state]) {
      const file = { ...named, state, size: 0 }
      const found = await stat(this.#path(file)).catch(ignoreMissing)
      if (found === undefined) continue
      const { size } = found
      if (state !== 'open' || !isLeftBehind(file, found.mtimeMs)) return { ...file, size }
      return { ...file, state: await this.#rename(file, 'complete'), size }
    }
    return undefined
  }

  /** Answers the state it has now. Where it is gone, its router completed it in this moment: the next look finds it. */
  async #rename(file: SpooledFile, state: AccessLogFileState): Promise<AccessLogFileState> {
    try {
      await rename(this.#path(file), this.#path({ ...file, state }))
    } catch (error) {
      ignoreMissing(error)
    }
    return state
  }

  #path({ loadBalancer, file, state }: SpooledFile): string {
    return join(this.#directoryOf(loadBalancer), accessLogFileName(file, state))
  }

  #directoryOf(loadBalancer: LoggedLoadBalancer): string {
    return join(this.#directory, accessLogDirectoryName(loadBalancer))
  }
}

const statesFrom = {
  open: ['open', 'complete', 'delivered'],
  complete: ['complete', 'delivered'],
  delivered: ['delivered'],
} as const

async function namesIn(directory: string): Promise<readonly string[]> {
  return (await readdir(directory).catch(ignoreMissing)) ?? []
}

function ignoreMissing(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined
  throw error
}

function isLeftBehind({ file: { pid, periodEnd } }: SpooledFile, writtenAt: number): boolean {
  return !isRunning(pid) || Date.now() - Math.max(periodEnd, writtenAt) > leftBehindMilliseconds
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Somebody else's process is one, too.
    return codeOf(error) !== 'ESRCH'
  }
}
