import {
  accessLogKey,
  accessLogPeriodMinutes,
  loadBalancerArnOf,
  type LoggedLoadBalancer,
} from '../domain/access-log-file.ts'
import { AwsError } from '../domain/aws-error.ts'
import { counted } from '../domain/counted.ts'
import { accessLogDestination, forgetEndedAccessLogs, isLogging } from './access-log-destinations.ts'
import type { AccessLogSpool, SpooledFile } from './access-log-spool.ts'
import type { Changes } from './changes.ts'
import { findVersion, objectKey, type ObjectStore } from './object-store.ts'
import type { Clock, EngineSettings, Log } from './ports.ts'
import type { Store } from './store.ts'
import { messageOf, Trouble } from './trouble.ts'

/** Files that cannot be delivered, of one load balancer: beyond that, the oldest are dropped. */
const mostUndeliveredBytes = 256 * 1024 * 1024
/** Large files are complete within their period. */
const longestPauseMilliseconds = 10_000
const shortestPauseMilliseconds = 500
/** Routers complete a file within this time from the end of its period. */
const slackMilliseconds = 1500
/** Whoever follows the log has read a delivered file's end by then. */
const keptMilliseconds = 30_000
/** The same warning is given again after so long. */
const warningMilliseconds = 10 * 60_000

/**
 * Brings access logs into their buckets: each file that routers have completed becomes one object, gzipped, under AWS's
 * name for it. The name follows from the file's, so that a file delivered just before a crash is not delivered again.
 * Until its bucket takes it, a file stays where it is.
 */
export class AccessLogDelivery {
  readonly #tools: AccessLogTools
  readonly #trouble: Trouble
  readonly #ended = new AbortController()
  /** When files were delivered, by key. */
  readonly #delivered = new Map<string, number>()
  readonly #warnedAt = new Map<string, number>()
  #isSpoolEmpty = false
  #running: Promise<void> | undefined

  constructor(tools: AccessLogTools) {
    this.#tools = tools
    this.#trouble = new Trouble(tools.clock, tools.log)
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error('The engine is closing.'))
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, changes } = this.#tools
    const { signal } = this.#ended
    while (!signal.aborted) {
      try {
        await changes.until(() => (this.#isNeeded() ? true : undefined), { signal })
        await this.#deliverAll()
        this.#trouble.worked('access logs')
      } catch (error) {
        if (!signal.aborted) this.#trouble.failed('access logs', error)
      }
      await clock.sleep(this.#pause(), signal).catch(() => undefined)
    }
  }

  #isNeeded(): boolean {
    const { store } = this.#tools
    if (!this.#isSpoolEmpty || store.endedAccessLogs.list().length > 0) return true
    return store.loadBalancers.list().some(isLogging)
  }

  /** Until a moment after the end of the period, when routers have completed their files. */
  #pause(): number {
    const { clock, settings } = this.#tools
    const period = accessLogPeriodMinutes * settings.minuteMilliseconds
    const untilEnd = period - (clock.now() % period) + slackMilliseconds
    return Math.max(shortestPauseMilliseconds, Math.min(untilEnd, longestPauseMilliseconds))
  }

  async #deliverAll(): Promise<void> {
    const files = await this.#tools.spool.list()
    this.#isSpoolEmpty = files.length === 0
    const left = new Map<string, SpooledFile[]>()
    for (const file of files) {
      this.#ended.signal.throwIfAborted()
      if (file.state === 'delivered') await this.#removeLater(file)
      if (file.state !== 'complete') continue
      const loadBalancerArn = loadBalancerArnOf(file.loadBalancer)
      if (!(await this.#deliver(file, loadBalancerArn))) {
        left.set(loadBalancerArn, [...(left.get(loadBalancerArn) ?? []), file])
      }
    }
    for (const [loadBalancerArn, undelivered] of left) await this.#dropOldest(loadBalancerArn, undelivered)
    this.#forget(files)
  }

  /** False where it has to be tried again. */
  async #deliver(file: SpooledFile, loadBalancerArn: string): Promise<boolean> {
    const { spool, store } = this.#tools
    const destination = accessLogDestination(store, loadBalancerArn)
    if (destination === undefined) {
      this.#warn(
        loadBalancerArn,
        `The access log of ${loadBalancerArn} has no bucket any more; what was left is dropped.`,
      )
      await spool.remove(file)
      return true
    }
    const { bucket, prefix } = destination
    try {
      await this.#put(file, { bucket, key: accessLogKey(file.loadBalancer, prefix, file.file) })
      await spool.markDelivered(file)
      return true
    } catch (error) {
      this.#warn(
        loadBalancerArn,
        `The access log of ${loadBalancerArn} cannot be delivered to bucket ${bucket}: ${messageOf(error)}. It is tried ` +
          'again until it can be.',
      )
      return false
    }
  }

  /** An object of this key is this file, delivered by an engine that was killed before it could say so. */
  async #put(file: SpooledFile, { bucket, key }: { readonly bucket: string; readonly key: string }): Promise<void> {
    const { store, objects, spool } = this.#tools
    if (findVersion(store.objects.get(objectKey(bucket, key)), undefined) !== undefined) return
    if (!store.buckets.has(bucket)) throw noBucket()
    const headers = { contentType: 'application/octet-stream', metadata: {} }
    await objects.put({ bucket, key }, { content: spool.compressed(file), headers }, (found) => {
      if (found === undefined) throw noBucket()
      return found
    })
  }

  async #removeLater(file: SpooledFile): Promise<void> {
    const { clock, spool } = this.#tools
    const key = keyOf(file)
    const since = this.#delivered.get(key) ?? clock.now()
    this.#delivered.set(key, since)
    if (clock.now() - since >= keptMilliseconds) await spool.remove(file)
  }

  async #dropOldest(loadBalancerArn: string, files: readonly SpooledFile[]): Promise<void> {
    let sum = 0
    let dropped = 0
    for (const file of files.toReversed()) {
      sum += file.size
      if (sum <= mostUndeliveredBytes) continue
      await this.#tools.spool.remove(file)
      dropped++
    }
    if (dropped === 0) return
    const message = `${counted(dropped, 'file')} of the access log of ${loadBalancerArn} ${dropped === 1 ? 'was' : 'were'} dropped, the oldest: nothing could be delivered.`
    this.#warn(`${loadBalancerArn} dropped`, message)
  }

  #warn(subject: string, message: string): void {
    const now = this.#tools.clock.now()
    if (now - (this.#warnedAt.get(subject) ?? Number.NEGATIVE_INFINITY) < warningMilliseconds) return
    this.#warnedAt.set(subject, now)
    this.#tools.log.warn(message)
  }

  #forget(files: readonly SpooledFile[]): void {
    const keys = new Set(files.map(keyOf))
    for (const key of this.#delivered.keys()) if (!keys.has(key)) this.#delivered.delete(key)
    const arns = new Set(files.map(({ loadBalancer }) => loadBalancerArnOf(loadBalancer)))
    forgetEndedAccessLogs(this.#tools, (loadBalancerArn) => arns.has(loadBalancerArn))
  }
}

export type AccessLogTools = {
  readonly store: Store
  readonly clock: Clock
  readonly changes: Changes
  readonly settings: Pick<EngineSettings, 'minuteMilliseconds'>
  readonly log: Log
  readonly objects: Pick<ObjectStore, 'put'>
  readonly spool: AccessLogSpool
}

function keyOf({
  loadBalancer,
  file,
}: { readonly loadBalancer: LoggedLoadBalancer } & Pick<SpooledFile, 'file'>): string {
  return accessLogKey(loadBalancer, '', file)
}

function noBucket(): AwsError {
  return new AwsError('NoSuchBucket', 'there is no such bucket')
}
