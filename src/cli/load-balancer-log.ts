import { parseAccessLogLine, type AccessLogLine } from '../domain/access-log-line.ts'
import { AccessLogColumns } from './access-log-columns.ts'
import { forAwsUser, type AwsOptions } from './aws-access.ts'
import { deliveredKeys, deliveredLines } from './delivered-log.ts'
import { followOn } from './following.ts'
import { accessLogPlace, logAccess, type AccessLogPlace, type LogAccess } from './log-access.ts'
import { readUndelivered } from './undelivered-log.ts'

/** How much of a log is shown: what is not older than `sinceMilliseconds`, and with `follow` what comes after. */
export type LogSpan = { readonly follow: boolean; readonly sinceMilliseconds: number; readonly json: boolean }

/** Shows a load balancer's access log; `name` may be left out where there is one load balancer only. */
export async function showLoadBalancerLog(
  name: string | undefined,
  { follow, sinceMilliseconds, json }: LogSpan,
  options: AwsOptions,
): Promise<void> {
  const access = await logAccess(options)
  try {
    const place = await accessLogPlace(access, name)
    const log = new ShownLog(access, place, Date.now() - sinceMilliseconds)
    const print = printer(json)
    const isShort = await log.news(print)
    if (isShort) console.error(`(the newest ${mostLines} lines; a shorter --since shows all there are)`)
    if (!follow) return
    const pause = () => (log.isLive ? livePauseMilliseconds : deliveryPauseMilliseconds)
    await followOn(async () => void (await log.news(print)), pause, access)
  } catch (error) {
    throw forAwsUser(error, access)
  }
}

const livePauseMilliseconds = 500
const deliveryPauseMilliseconds = 10_000
/** Kept in memory at once, to be sorted. */
const mostLines = 100_000

/** What was shown of a log so far, and what is new in it. */
class ShownLog {
  readonly #access: LogAccess
  readonly #place: AccessLogPlace
  #since: number
  /** Of files that were shown; those which Teal has told before they were delivered are among them. */
  readonly #shownKeys = new Set<string>()
  #cursor = ''
  #hasBegun = false
  /** The endpoint tells what is not delivered yet. */
  isLive = true

  constructor(access: LogAccess, place: AccessLogPlace, since: number) {
    this.#access = access
    this.#place = place
    this.#since = since
  }

  /** Shows what is new, by time. True where there was more than is kept in memory: then the oldest were left out. */
  async news(show: (line: AccessLogLine) => void): Promise<boolean> {
    const found: AccessLogLine[] = []
    let isShort = false
    const take = (text: string): void => {
      const line = parseAccessLogLine(text)
      if (line === undefined || line.time < this.#since) return
      found.push(line)
      if (found.length < 2 * mostLines) return
      isShort = true
      keepNewest(found)
    }
    // First what is not delivered: what is delivered meanwhile is known by its key then.
    if (this.isLive) await this.#takeUndelivered(take)
    if (!this.#hasBegun || !this.isLive) await this.#takeDelivered(take)
    this.#hasBegun = true
    isShort ||= found.length > mostLines
    for (const line of keepNewest(found)) show(line)
    return isShort
  }

  async #takeUndelivered(take: (text: string) => void): Promise<void> {
    for (let hasMore = true; hasMore;) {
      const log = await readUndelivered(this.#access, this.#place, this.#cursor)
      this.isLive = log !== undefined
      if (log === undefined) return
      for (const { key, lines } of log.parts) {
        this.#shownKeys.add(key)
        for (const line of lines) take(line)
      }
      this.#cursor = log.next
      hasMore = log.hasMore
    }
  }

  async #takeDelivered(take: (text: string) => void): Promise<void> {
    const { s3 } = this.#access
    for (const key of await deliveredKeys(s3, this.#place, this.#since)) {
      if (this.#shownKeys.has(key)) continue
      for await (const line of deliveredLines(s3, this.#place.bucket, key)) take(line)
      this.#shownKeys.add(key)
    }
  }
}

/** In place, sorted by time. */
function keepNewest(lines: AccessLogLine[]): readonly AccessLogLine[] {
  lines.sort((one, other) => one.time - other.time)
  lines.splice(0, lines.length - mostLines)
  return lines
}

function printer(json: boolean): (line: AccessLogLine) => void {
  if (json) return (line) => console.log(JSON.stringify({ ...line, ...isoTimes(line) }))
  const isColoured = process.stdout.isTTY && !process.env['NO_COLOR']
  const columns = new AccessLogColumns({ isColoured })
  let hasHeading = false
  return (line) => {
    const row = columns.row(line)
    if (!hasHeading) console.log(columns.heading())
    hasHeading = true
    console.log(row)
  }
}

function isoTimes({ time, requestCreationTime }: AccessLogLine) {
  return {
    time: new Date(time).toISOString(),
    ...(requestCreationTime === undefined ? {} : { requestCreationTime: new Date(requestCreationTime).toISOString() }),
  }
}
