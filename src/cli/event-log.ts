import { forAwsUser } from './aws-access.ts'
import { followOn } from './following.ts'
import type { LogSpan } from './load-balancer-log.ts'
import { timeOfDay } from './text.ts'

/** Something that a container or a function wrote. `at` is in milliseconds since 1970. */
export type WrittenLine = { readonly at: number; readonly of: string; readonly stream: string; readonly text: string }

/** A log that lies in CloudWatch Logs, in one stream or several. */
export type EventLog = {
  /** What is new since the last time, or since then where nothing was read before; in any order. */
  news(since: number): Promise<readonly WrittenLine[]>
  /** Why there is nothing, where there cannot be anything yet. */
  emptiness(): string
  endpoint(): string
  isTeal(): Promise<boolean>
}

const pauseMilliseconds = { teal: 500, aws: 5_000 }

/** Prints a log by time; with `follow` until the program is ended. */
export async function showEventLog(log: EventLog, { follow, sinceMilliseconds, json }: LogSpan): Promise<void> {
  const since = Date.now() - sinceMilliseconds
  const show = (lines: readonly WrittenLine[]): void => {
    for (const line of lines.toSorted((one, other) => one.at - other.at))
      console.log(json ? inJson(line) : inText(line))
  }
  try {
    const first = await log.news(since)
    show(first)
    if (first.length === 0) console.error(`(${log.emptiness()})`)
  } catch (error) {
    throw forAwsUser(error, log)
  }
  if (!follow) return
  const pause = (await log.isTeal()) ? pauseMilliseconds.teal : pauseMilliseconds.aws
  await followOn(
    async () => show(await log.news(since)),
    () => pause,
    log,
  )
}

function inJson({ at, ...line }: WrittenLine): string {
  return JSON.stringify({ at: new Date(at).toISOString(), ...line })
}

function inText({ at, of, text }: WrittenLine): string {
  const milliseconds = String(at % 1000).padStart(3, '0')
  return `${timeOfDay(new Date(at))}.${milliseconds}  ${of}  ${text.trimEnd()}`
}
