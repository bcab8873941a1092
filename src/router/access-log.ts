import { counted } from '../domain/counted.ts'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import {
  accessLogDirectory,
  accessLogDirectoryName,
  accessLogFileName,
  defaultAccessLogPeriodMilliseconds,
  loggedLoadBalancer,
  type AccessLogFile,
} from '../domain/access-log-file.ts'
import type { LoadBalancerRoute } from '../domain/routing-table.ts'
import { keepWithinLimit } from './access-log-limit.ts'
import { AccessLogText } from './access-log-text.ts'
import { AccessLogWriter, LineMemory } from './access-log-writer.ts'
import type { ExchangeRecord } from './exchange-record.ts'

export type AccessLogSettings = {
  readonly dataDirectory: string
  /** Unique among all routers that ever wrote into the data directory; letters, digits and hyphens. */
  readonly routerId: string
  /** What the router listens on; stands in the names of the files. */
  readonly nodeAddress: string
  readonly log: (message: string) => void
  /** For tests. */
  readonly limits?: Partial<AccessLogLimits>
}

type AccessLogLimits = {
  /** A file of this size is complete, whatever the time. */
  readonly fileBytes: number
  /** Lines that wait for the disk, of all load balancers together. */
  readonly memoryBytes: number
  /** 64 KiB at least: the longest line. */
  readonly chunkBytes: number
  /** Complete files that nobody delivers: the oldest go first. Of each load balancer. */
  readonly spoolBytes: number
}

const defaultLimits: AccessLogLimits = {
  fileBytes: 64 * 1024 * 1024,
  memoryBytes: 16 * 1024 * 1024,
  chunkBytes: 128 * 1024,
  spoolBytes: 1024 * 1024 * 1024,
}

const flushMilliseconds = 1000
/** Timers may be early by a moment. */
const slackMilliseconds = 20
/** The directory of a load balancer's complete files is looked at so often at most. */
const limitMilliseconds = 60_000
/** So long without a lost line, and the log is in order again. */
const calmMilliseconds = 60_000
/** A disk that hangs does not keep the router from ending. */
const closeMilliseconds = 5000

/**
 * The access logs of a router: lines in memory, written at least once a second into a file per load balancer and period
 * below `<data>/access-logs`. A file that is complete is renamed, and is the engine's from then on. A router that is
 * killed loses the lines of a second at most.
 *
 * Whoever serves requests calls `add` for each one that is over, if its listener's `handling.accessLog` is on.
 */
export class AccessLog {
  readonly #settings: AccessLogSettings
  readonly #limits: AccessLogLimits
  readonly #text = new AccessLogText()
  readonly #memory: LineMemory
  /** By the ARN of the load balancer. */
  readonly #logs = new Map<string, Log>()
  #last: Log | undefined
  /** The ARN that was told last to be none. */
  #nameless: string | undefined
  #sequence = 0
  #timer: NodeJS.Timeout | undefined
  /** Whether the timer is set for the lines that were added, and not only for the end of a period. */
  #isFlushDue = false
  #droppedLines = 0
  #droppedAt: number | undefined
  #isClosed = false

  constructor(settings: AccessLogSettings) {
    this.#settings = settings
    this.#limits = { ...defaultLimits, ...settings.limits }
    this.#memory = new LineMemory({ mostBytes: this.#limits.memoryBytes, chunkBytes: this.#limits.chunkBytes })
  }

  /** Lines that were lost since the router started, because the disk was slow or full. */
  get droppedLines(): number {
    return this.#droppedLines
  }

  /** Takes what it needs before it returns. A table in which an access log is on names the load balancers. */
  add(record: ExchangeRecord): void {
    const { loadBalancer } = record.listener
    if (loadBalancer === undefined || this.#isClosed) return
    const log = this.#logOf(loadBalancer)
    if (log === undefined) return
    const file = this.#fileFor(log, loadBalancer, record.endedAt)
    const line = this.#text.line(record, loadBalancer)
    log.writer.add(file.path, line)
    file.bytes += line.length
    if (this.#isFlushDue) return
    this.#isFlushDue = true
    this.#wakeAfter(flushMilliseconds)
  }

  /** Resolves when all lines are on disk and all files complete. Lines that come later are not taken. */
  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const log of this.#logs.values()) this.#complete(log)
    const written = Promise.all(Array.from(this.#logs.values(), ({ writer }) => writer.finished()))
    const { promise: isLate, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, closeMilliseconds)
    await Promise.race([written, isLate])
    clearTimeout(timer)
    if (this.#droppedAt !== undefined)
      this.#settings.log(
        `${counted(this.#droppedLines, 'line')} of the access log ${this.#droppedLines === 1 ? 'was' : 'were'} lost`,
      )
  }

  #logOf({ loadBalancerArn }: LoadBalancerRoute): Log | undefined {
    if (this.#last?.loadBalancerArn === loadBalancerArn) return this.#last
    const known = this.#logs.get(loadBalancerArn)
    if (known !== undefined) return (this.#last = known)
    const loadBalancer = loggedLoadBalancer(loadBalancerArn)
    if (loadBalancer === undefined) return this.#tellNameless(loadBalancerArn)
    const directory = join(this.#settings.dataDirectory, accessLogDirectory, accessLogDirectoryName(loadBalancer))
    const log: Log = { loadBalancerArn, directory, limitedAt: 0, writer: this.#writer(loadBalancerArn) }
    this.#logs.set(loadBalancerArn, log)
    return (this.#last = log)
  }

  /** Its files would have no name. */
  #tellNameless(loadBalancerArn: string): undefined {
    if (this.#nameless === loadBalancerArn) return
    this.#nameless = loadBalancerArn
    this.#settings.log(
      `The access log of ${loadBalancerArn} is not written: that is no ARN of an Application Load Balancer`,
    )
  }

  /** The open one, unless the period is over or it is large enough. */
  #fileFor(log: Log, { accessLogPeriodMilliseconds }: LoadBalancerRoute, time: number): OpenFile {
    const { file } = log
    if (file !== undefined && time < file.periodEnd && file.bytes < this.#limits.fileBytes) return file
    this.#complete(log)
    const period = accessLogPeriodMilliseconds ?? defaultAccessLogPeriodMilliseconds
    const periodEnd = Math.floor(time / period + 1) * period
    const { routerId, nodeAddress } = this.#settings
    const random = BigInt(`0x${randomBytes(8).toString('hex')}`)
      .toString(36)
      .slice(-8)
      .padStart(8, '0')
    const identity = { periodEnd, nodeAddress, routerId, pid: process.pid, sequence: ++this.#sequence, random }
    const path = join(log.directory, accessLogFileName(identity, 'open'))
    return (log.file = { periodEnd, identity, path, bytes: 0 })
  }

  #complete(log: Log): void {
    const { file } = log
    if (file === undefined) return
    delete log.file
    log.writer.complete(file.path, join(log.directory, accessLogFileName(file.identity, 'complete')))
  }

  #wakeAfter(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#wake(), Math.min(milliseconds, mostTimerMilliseconds)).unref()
  }

  /** Only while there are open files: an idle router has none, and wakes for nothing. */
  #wake(): void {
    this.#isFlushDue = false
    const now = Date.now()
    let next = Infinity
    for (const [loadBalancerArn, log] of this.#logs) {
      const { file, writer } = log
      if (file === undefined) {
        if (!writer.isIdle) continue
        this.#logs.delete(loadBalancerArn)
        if (this.#last === log) this.#last = undefined
      } else if (now >= file.periodEnd) this.#complete(log)
      else {
        next = Math.min(next, file.periodEnd - now + slackMilliseconds)
        writer.flush()
      }
    }
    if (next !== Infinity) this.#wakeAfter(next)
  }

  #writer(loadBalancerArn: string): AccessLogWriter {
    return new AccessLogWriter(this.#memory, {
      onWritten: () => this.#droppedAt !== undefined && this.#tellEndOfTrouble(this.#droppedAt),
      onDropped: (lines, reason) => this.#tellTrouble(loadBalancerArn, lines, reason),
      onCompleted: () => void this.#limit(loadBalancerArn),
    })
  }

  #tellTrouble(loadBalancerArn: string, lines: number, reason: string): void {
    this.#droppedLines += lines
    const isNew = this.#droppedAt === undefined
    this.#droppedAt = Date.now()
    if (isNew) this.#settings.log(`Lines of the access log of ${loadBalancerArn} are lost: ${reason}`)
  }

  /** A disk that is too slow takes lines now and then: that is no end of it. */
  #tellEndOfTrouble(droppedAt: number): void {
    if (Date.now() - droppedAt < calmMilliseconds) return
    this.#droppedAt = undefined
    this.#settings.log(
      `The access log is written again; ${counted(this.#droppedLines, 'line')} ${this.#droppedLines === 1 ? 'was' : 'were'} lost since the router started`,
    )
  }

  async #limit(loadBalancerArn: string): Promise<void> {
    const log = this.#logs.get(loadBalancerArn)
    if (log === undefined || Date.now() - log.limitedAt < limitMilliseconds) return
    log.limitedAt = Date.now()
    const { spoolBytes } = this.#limits
    const removed = await keepWithinLimit(log.directory, spoolBytes)
    if (removed === 0) return
    this.#settings.log(
      `${counted(removed, 'file')} of the access log of ${loadBalancerArn} ${removed === 1 ? 'was' : 'were'} removed: nobody has delivered what there is, and it took ` +
        `more than ${Math.round(spoolBytes / 1024 / 1024)} MiB`,
    )
  }
}

type Log = {
  readonly loadBalancerArn: string
  readonly directory: string
  readonly writer: AccessLogWriter
  limitedAt: number
  file?: OpenFile
}
type OpenFile = {
  readonly identity: AccessLogFile
  readonly periodEnd: number
  readonly path: string
  bytes: number
}

/** What a timer can take. */
const mostTimerMilliseconds = 2 ** 31 - 1
