import { createHash } from 'node:crypto'
import { DeploymentInterrupted } from '../domain/deployment.ts'
import type {
  Deployment,
  DeploymentErrorCode,
  HookableEventName,
  HookExecution,
  HookInvocation,
} from '../domain/deployment.ts'
import { linesOfFunction } from '../domain/lambda-function.ts'
import type { Finding } from '../domain/preflight/finding.ts'
import { hookElsewhere, missingFunction } from '../domain/preflight/hook-findings.ts'
import type { StepResult } from '../domain/step.ts'
import { failed } from './deployment-failure.ts'
import { FunctionCannotRunError } from './functions.ts'
import type { FunctionInvoker, FunctionResult } from './functions.ts'
import type { Engine } from './engine.ts'
import type { Store } from './store.ts'

type HookTools = Pick<Engine, 'store' | 'clock' | 'changes' | 'settings'> & { readonly functions: FunctionInvoker }
type BegunHook = {
  readonly deploymentId: string
  readonly begunAt: number
  readonly engineStartedAt: number
  readonly signal: AbortSignal
}
type Hook = { readonly event: HookableEventName; readonly functionName: string }

/** CodeDeploy expects the verdict within one hour. */
const timeoutInMinutes = 60
const returnMilliseconds = 2_000
const mostLogLines = 200
const mostQuotedCharacters = 200
const mostLineCharacters = 1_000
const mostResultCharacters = 2_000

/**
 * Invokes the function and waits for its verdict. What the function returns is ignored, as on AWS: only
 * PutLifecycleEventHookExecutionStatus counts, from whoever knows the execution id, also before the function returns.
 * A function that was running when the engine was killed is invoked again, with the same execution id.
 */
export async function executeHook(tools: HookTools, hook: Hook, begun: BegunHook): Promise<StepResult> {
  const { store, changes, settings } = tools
  const { deploymentId, begunAt, signal } = begun
  const execution = begin(store, deploymentId, hook, begunAt)
  if (isToBeInvoked(execution)) void invoke(tools, deploymentId, execution)
  try {
    // Asked again by a later engine, the function has its hour again: nobody could hear it while none was running.
    const askedAt = isToBeInvoked(execution) ? Math.max(begunAt, begun.engineStartedAt) : begunAt
    const deadline = askedAt + timeoutInMinutes * settings.minuteMilliseconds
    const isDecided = (): true | undefined => {
      const { verdict, cannotRun } = executionOf(store, deploymentId, hook.event)
      return verdict === undefined && cannotRun === undefined ? undefined : true
    }
    await changes.until(isDecided, { deadline, signal, about: [deploymentId] })
    await lastLines(tools, hook, begun)
    return resultOf(executionOf(store, deploymentId, hook.event))
  } catch (error) {
    // An engine that ends leaves the hook open: the verdict may come to the next one.
    if (error instanceof DeploymentInterrupted) close(store, deploymentId, hook.event)
    throw error
  }
}

export type HookVerdict = {
  readonly deploymentId: string
  readonly executionId: string
  readonly status: 'Succeeded' | 'Failed'
}

/** The verdict of a hook, by its execution id. Undefined where the deployment has no such execution. */
export function recordVerdict(
  { store, clock }: Pick<Engine, 'store' | 'clock'>,
  { deploymentId, executionId, status }: HookVerdict,
): 'recorded' | 'already-completed' | undefined {
  const execution = store.deployments
    .get(deploymentId)
    ?.hookExecutions?.find((candidate) => candidate.executionId === executionId)
  if (execution === undefined) return undefined
  if (execution.closed || execution.verdict !== undefined) return 'already-completed'
  change(store, deploymentId, execution.event, (before) => ({ ...before, verdict: { status, at: clock.now() } }))
  return 'recorded'
}

function begin(store: Store, deploymentId: string, { event, functionName }: Hook, startedAt: number): HookExecution {
  const known = findExecution(store, deploymentId, event)
  if (known !== undefined) return known
  const executionId = createHash('sha256').update(`${deploymentId} ${event}`).digest('base64url')
  const execution: HookExecution = { event, functionName, executionId, startedAt, closed: false }
  const deployment = deploymentOf(store, deploymentId)
  const hookExecutions = [...(deployment.hookExecutions ?? []), execution]
  store.deployments.put(deploymentId, { ...deployment, hookExecutions })
  return execution
}

/** A function that says no mostly has a line more to write, the reason: it gets a moment to return. */
async function lastLines({ store, clock, changes }: HookTools, hook: Hook, begun: BegunHook): Promise<void> {
  const { deploymentId, signal } = begun
  if (executionOf(store, deploymentId, hook.event).verdict?.status !== 'Failed') return
  const hasReturned = (): true | undefined =>
    executionOf(store, deploymentId, hook.event).invocation === undefined ? undefined : true
  await changes.until(hasReturned, { deadline: clock.now() + returnMilliseconds, signal, about: [deploymentId] })
}

function isToBeInvoked({ invocation, verdict, closed }: HookExecution): boolean {
  return invocation === undefined && verdict === undefined && !closed
}

function resultOf(execution: HookExecution): StepResult {
  const { verdict, cannotRun, functionName, startedAt } = execution
  if (cannotRun !== undefined) throw failed(cannotRun.code, cannotRun.message)
  if (verdict === undefined) throw timedOut(execution)
  if (verdict.status === 'Failed') throw refused(execution)
  const seconds = ((verdict.at - startedAt) / 1000).toFixed(1)
  return { kind: 'done', message: `Function ${functionName} reported Succeeded after ${seconds} s.` }
}

/** Never rejects: what came of it is in the record, where the one who waits looks. */
async function invoke(tools: HookTools, deploymentId: string, execution: HookExecution): Promise<void> {
  const { store, clock, functions } = tools
  const { event, functionName, executionId } = execution
  const payload = JSON.stringify({ DeploymentId: deploymentId, LifecycleEventHookExecutionId: executionId })
  const { region } = deploymentOf(store, deploymentId)
  const noted = async (): Promise<Partial<HookExecution>> => {
    const elsewhere = hookElsewhere(execution, region)
    if (elsewhere !== undefined) return notReached(execution, elsewhere, clock.now())
    try {
      return { invocation: invocationOf(await functions.invoke({ functionName, region, payload }), clock.now()) }
    } catch (error) {
      return notInvoked(execution, error, clock.now())
    }
  }
  const outcome = await noted()
  await persistently(tools, () => {
    // A deployment that was stopped may be forgotten while its function goes on.
    if (!store.deployments.has(deploymentId)) return
    change(store, deploymentId, event, (before) => ({ ...before, ...outcome }))
  })
}

/** A disk that is full for a moment must not make a hook wait for its time-out. */
async function persistently({ clock }: HookTools, write: () => void): Promise<void> {
  for (;;) {
    try {
      write()
      return
    } catch {
      await clock.sleep(1_000)
    }
  }
}

function notInvoked(execution: HookExecution, error: unknown, endedAt: number): Partial<HookExecution> {
  const result = error instanceof Error ? error.message : String(error)
  const code = error instanceof FunctionCannotRunError ? 'INVALID_LAMBDA_FUNCTION' : 'HOOK_EXECUTION_FAILURE'
  const isMissing = error instanceof FunctionCannotRunError && error.reason === 'missing'
  return outcomeOf(execution, { code, result, how: isMissing ? `. ${missingFunction(execution).how}` : '', endedAt })
}

/** CodeDeploy does not reach the functions of other regions, whatever ARN the AppSpec has. */
function notReached(execution: HookExecution, { what, how }: Finding, endedAt: number): Partial<HookExecution> {
  return outcomeOf(execution, { code: 'INVALID_LAMBDA_FUNCTION', result: what, how: ` ${how}`, endedAt })
}

type Trouble = {
  readonly code: DeploymentErrorCode
  readonly result: string
  readonly how: string
  readonly endedAt: number
}

function outcomeOf({ event, functionName }: HookExecution, { code, result, how, endedAt }: Trouble) {
  const message = `The function ${functionName} hooked on ${event} could not be invoked: ${result}${how}`
  return { invocation: { endedAt, result, logLines: [] }, cannotRun: { code, message } }
}

function invocationOf(result: FunctionResult, endedAt: number): HookInvocation {
  const { requestId, durationMilliseconds, functionError, payload, logLines } = result
  return {
    endedAt,
    requestId,
    durationMilliseconds,
    ...(functionError === undefined ? {} : { functionError }),
    result: payload.slice(0, mostResultCharacters),
    logLines: logLines.slice(-mostLogLines).map((line) => line.slice(0, mostLineCharacters)),
  }
}

function refused(execution: HookExecution) {
  return failed(
    'HOOK_EXECUTION_FAILURE',
    'The deployment failed because one or more of the lifecycle event validation functions failed. ' +
      `${execution.functionName} reported Failed for ${execution.event}.${lastWords(execution)}`,
  )
}

function timedOut(execution: HookExecution) {
  const { invocation, functionName } = execution
  return failed(
    'HOOK_EXECUTION_FAILURE',
    'The deployment timed out while waiting for a status callback. CodeDeploy expects a status callback within one hour ' +
      `after a deployment hook is invoked. ${
        invocation === undefined
          ? `${functionName} has not returned yet.`
          : `${functionName} ${invocation.functionError === undefined ? 'returned' : 'failed'} without calling ` +
            `PutLifecycleEventHookExecutionStatus: ${invocation.result.slice(0, 300)}.`
      }${lastWords(execution)}`,
  )
}

function lastWords({ invocation }: HookExecution): string {
  const lines = linesOfFunction(invocation?.logLines ?? [])
    .slice(-5)
    .map((line) => line.replaceAll(/\s+/g, ' ').slice(0, mostQuotedCharacters))
  return lines.length === 0 ? '' : ` Its last lines: "${lines.join(' / ').slice(-600)}"`
}

function close(store: Store, deploymentId: string, event: HookableEventName): void {
  change(store, deploymentId, event, (execution) => ({ ...execution, closed: true }))
}

function change(
  store: Store,
  deploymentId: string,
  event: HookableEventName,
  with_: (execution: HookExecution) => HookExecution,
): void {
  const deployment = deploymentOf(store, deploymentId)
  const hookExecutions = (deployment.hookExecutions ?? []).map((execution) =>
    execution.event === event ? with_(execution) : execution,
  )
  store.deployments.put(deploymentId, { ...deployment, hookExecutions })
}

function executionOf(store: Store, deploymentId: string, event: HookableEventName): HookExecution {
  const execution = findExecution(store, deploymentId, event)
  if (execution === undefined) throw new Error(`Deployment ${deploymentId} has not begun a hook on ${event}.`)
  return execution
}

function findExecution(store: Store, deploymentId: string, event: HookableEventName): HookExecution | undefined {
  return deploymentOf(store, deploymentId).hookExecutions?.find((execution) => execution.event === event)
}

function deploymentOf(store: Store, deploymentId: string): Deployment {
  const deployment = store.deployments.get(deploymentId)
  if (deployment === undefined) throw new Error(`Deployment ${deploymentId} is not in the store.`)
  return deployment
}
