import { failureGroups } from './failure-groups.ts'
import { awsHookServices, type CodeDeployHookEvent, type HookServices } from './hook-services.ts'
import { hookSettings, type HookSettings } from './hook-settings.ts'
import { counted, number } from './judgement.ts'
import { runAcceptance, type AcceptanceResult } from './run.ts'
import { parseUrlList, type ListedUrl } from './url-list.ts'

/** What is used of Lambda's context. */
export type HookContext = { readonly getRemainingTimeInMillis: () => number }
/** What ECS reads of a lifecycle hook's answer; CodeDeploy reads nothing of it. */
export type HookStatus = { readonly hookStatus: 'SUCCEEDED' | 'FAILED' }
export type AcceptanceHook = (event: unknown, context: HookContext) => Promise<HookStatus>

export type AcceptanceHookOptions = {
  /** Instead of the function's variables. */
  readonly variables?: Readonly<Record<string, string | undefined>>
  readonly services?: HookServices
  readonly log?: (line: string) => void
}

/** Kept free before the function's time-out for giving the verdict: a quarter of what there is, but no more than this. */
const mostReserveMilliseconds = 10_000

/**
 * Makes a Lambda handler that judges green by a list of URLs in S3, as a hook of CodeDeploy (`AfterAllowTestTraffic`) or of
 * ECS. Whatever happens, CodeDeploy is told the verdict exactly once: what cannot be judged has failed. The handler rejects
 * only where that call itself is not accepted.
 */
export function acceptanceHook(options: AcceptanceHookOptions = {}): AcceptanceHook {
  const { services = awsHookServices, variables = process.env, log = (line) => console.log(line) } = options
  return async (event, context) => {
    const available = context.getRemainingTimeInMillis()
    const reserve = Math.min(mostReserveMilliseconds, available / 4)
    const guard = new AccidentGuard(available - reserve / 2)
    const ending = new AbortController()
    try {
      const work = { variables, services, log, signal: ending.signal, time: Math.max(1, available - reserve) }
      const verdict = await Promise.race([judge(work).catch(notJudged), guard.accident.then(notJudged)])
      if (verdict.problem !== undefined) log(`NOT PASSED: ${verdict.problem}`)
      if (isOfCodeDeploy(event)) await services.reportVerdict(event, verdict.isPassed ? 'Succeeded' : 'Failed')
      return { hookStatus: verdict.isPassed ? 'SUCCEEDED' : 'FAILED' }
    } finally {
      ending.abort()
      guard.end()
    }
  }
}

type Verdict = { readonly isPassed: boolean; readonly problem?: string }

type Work = Required<AcceptanceHookOptions> & { readonly signal: AbortSignal; readonly time: number }

async function judge({ variables, services, log, signal, time }: Work): Promise<Verdict> {
  const begun = performance.now()
  const settings = hookSettings(variables)
  const urls = await listOf(settings, services, signal)
  const { acceptance, bucket, key } = settings
  log(
    `${counted(urls.length, 'URL')} of s3://${bucket}/${key} ${urls.length === 1 ? 'is' : 'are'} requested from ${acceptance.url}.`,
  )
  const left = Math.max(1, time - (performance.now() - begun))
  const totalMilliseconds = Math.min(acceptance.totalMilliseconds ?? Infinity, left)
  const result = await runAcceptance(urls, { ...acceptance, totalMilliseconds, signal })
  for (const line of linesOf(result)) log(line)
  return { isPassed: result.isPassed }
}

async function listOf(
  { bucket, key, mostUrls }: HookSettings,
  services: HookServices,
  signal: AbortSignal,
): Promise<readonly ListedUrl[]> {
  const place = `s3://${bucket}/${key}`
  const text = await services.readObject({ bucket, key, signal }).catch((error: unknown) => {
    throw new Error(`the list ${place} cannot be read: ${messageOf(error)}`, { cause: error })
  })
  const urls = parsed(text, place)
  if (urls.length === 0) throw new Error(`the list ${place} has no URL in it.`)
  if (urls.length <= mostUrls) return urls
  return urls.toSorted((one, other) => (other.weight ?? 0) - (one.weight ?? 0)).slice(0, mostUrls)
}

function parsed(text: string, place: string): readonly ListedUrl[] {
  try {
    return parseUrlList(text)
  } catch (error) {
    throw new Error(`the list ${place} cannot be understood: ${messageOf(error)}.`, { cause: error })
  }
}

const mostGroups = 5
const mostPaths = 8

/** The verdict last: of a long log, it is the end that is shown with the deployment. */
function linesOf(result: AcceptanceResult): readonly string[] {
  const groups = failureGroups(result.results)
  const shown = groups.slice(0, mostGroups).map(({ cause, results }) => {
    const paths = results.slice(0, mostPaths).map(({ url }) => shortened(url.path))
    const more = results.length - paths.length
    return `${number(results.length)} × ${cause}: ${paths.join(', ')}${more > 0 ? ` and ${number(more)} more` : ''}`
  })
  const more = groups.length - shown.length
  const silent = result.results.filter(({ isBlueSilent }) => isBlueSilent === true).length
  return [
    ...shown,
    ...(more > 0 ? [`and ${counted(more, 'other cause')}`] : []),
    ...(silent > 0 ? [`${number(silent)} judged by the list alone: blue did not answer.`] : []),
    `${counted(result.passed + result.failed, 'request')} took ${(result.milliseconds / 1000).toFixed(1)} s.`,
    result.worth,
    result.sentence,
  ]
}

function notJudged(error: unknown): Verdict {
  return { isPassed: false, problem: `it could not be judged: ${messageOf(error)}` }
}

const accidents = ['unhandledRejection', 'uncaughtException'] as const

/**
 * Hears of what goes wrong outside of the work's own promise, and of time running out where the work does not come back at
 * all. Lambda's own listeners would end the process before CodeDeploy is told; they are put back at the end.
 */
class AccidentGuard {
  readonly #listeners = accidents.map((event) => {
    return { event, others: process.rawListeners(event) as ((...values: unknown[]) => void)[] }
  })
  readonly #timer: NodeJS.Timeout
  readonly #happened = Promise.withResolvers<unknown>()

  constructor(milliseconds: number) {
    const text = `nothing came of it within ${(milliseconds / 1000).toFixed(1)} s, and the time-out was near.`
    this.#timer = setTimeout(() => this.#happened.resolve(text), milliseconds)
    for (const event of accidents) {
      process.removeAllListeners(event)
      process.on(event, (reason: unknown) => this.#happened.resolve(reason))
    }
  }

  /** Resolves with what went wrong, if anything does. */
  get accident(): Promise<unknown> {
    return this.#happened.promise
  }

  end(): void {
    clearTimeout(this.#timer)
    for (const { event, others } of this.#listeners) {
      process.removeAllListeners(event)
      for (const other of others) process.on(event, other)
    }
  }
}

function isOfCodeDeploy(event: unknown): event is CodeDeployHookEvent {
  return (
    typeof event === 'object' &&
    event !== null &&
    'DeploymentId' in event &&
    'LifecycleEventHookExecutionId' in event &&
    typeof event.DeploymentId === 'string' &&
    typeof event.LifecycleEventHookExecutionId === 'string'
  )
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function shortened(path: string): string {
  return path.length > 100 ? `${path.slice(0, 100)}…` : path
}
