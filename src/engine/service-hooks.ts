import { createHash } from 'node:crypto'
import { asDecimal } from '../domain/decimal.ts'
import { DeploymentInterrupted } from '../domain/deployment.ts'
import { mergedHookDetails, readHookAnswer } from '../domain/hook-answer.ts'
import { arn, parseArn } from '../domain/identifiers.ts'
import type {
  DeploymentLifecycleHook,
  DeploymentLifecycleHookStage,
} from '../domain/service-deployment-configuration.ts'
import { regionElsewhere } from '../domain/lambda-function.ts'
import type { LifecycleHookDetail, ServiceDeployment } from '../domain/service-deployment.ts'
import type { ServiceDeploymentStep, StepResult } from '../domain/step.ts'
import { failed } from './deployment-failure.ts'
import type { Engine } from './engine.ts'
import type { FunctionInvoker, FunctionResult } from './functions.ts'
import type { BegunStep } from './procedure-runs.ts'

export type ServiceHookTools = Pick<Engine, 'store' | 'clock' | 'changes' | 'settings'> & {
  readonly functions: FunctionInvoker
}
type HooksStep = Extract<ServiceDeploymentStep, { kind: 'runHooks' }>
type Hook = DeploymentLifecycleHook & { readonly hookId: string; readonly executionId: string }

/** ECS waits a day for a hook where its time-out is not configured. */
const defaultTimeoutInMinutes = 1440
const mostDetails = 200
const mostResultCharacters = 2_000
const mostLogLines = 100
const mostLineCharacters = 1_000
const mostQuotedCharacters = 300

/**
 * Runs the hooks of a stage side by side and waits until all of them have ended. A function is called until it says
 * SUCCEEDED or FAILED; a pause waits for ContinueServiceDeployment. One that was under way when the engine was killed is
 * taken up again: a function is asked again with the same execution id.
 * @throws DeploymentInterrupted where one of them does not let the deployment go on
 */
export async function runHooks(tools: ServiceHookTools, step: HooksStep, begun: BegunStep): Promise<StepResult> {
  const deployment = deploymentOf(tools, begun.deploymentId)
  const hooks = hooksOf(deployment, step)
  tools.store.transaction(() => {
    for (const hook of hooks) begin(tools, begun, step, hook)
  })
  const runs = await Promise.allSettled(
    hooks.map((hook) => (hook.targetType === 'PAUSE' ? pause(tools, hook, begun) : call(tools, step, hook, begun))),
  )
  const stopped = runs.find((run) => run.status === 'rejected')
  if (stopped !== undefined) {
    if (stopped.reason instanceof DeploymentInterrupted) giveUp(tools, begun.deploymentId, hooks)
    throw stopped.reason
  }
  const ended = hooks.map((hook) => detailOf(tools, begun.deploymentId, hook.hookId))
  const problems = ended.flatMap(({ because }) => (because === undefined ? [] : [because]))
  if (problems.length > 0 && !step.isRollback) throw failed('HOOK_EXECUTION_FAILURE', problems.join(' '))
  return { kind: 'done', message: ended.map((detail) => outcomeInWords(detail)).join(' ') }
}

function hooksOf(
  { deploymentConfiguration, serviceDeploymentArn }: ServiceDeployment,
  step: HooksStep,
): readonly Hook[] {
  return (deploymentConfiguration.lifecycleHooks ?? []).flatMap((hook, index) => {
    if (!hook.lifecycleStages.includes(step.stage)) return []
    const digest = createHash('sha256').update(`${serviceDeploymentArn} ${step.stage} ${step.round} ${index}`)
    const bytes = digest.digest()
    const hex = bytes.toString('hex')
    const executionId = [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `8${hex.slice(17, 20)}`,
      hex.slice(20, 32),
    ]
    const kind = hook.targetType === 'PAUSE' ? 'pause' : 'lambda'
    return [{ ...hook, hookId: `ecs-${kind}-${bytes.toString('base64url')}`, executionId: executionId.join('-') }]
  })
}

function begin(tools: ServiceHookTools, { deploymentId, begunAt }: BegunStep, step: HooksStep, hook: Hook): void {
  const { store, settings } = tools
  const deployment = deploymentOf(tools, deploymentId)
  const { lifecycleHookDetails = [] } = deployment
  if (lifecycleHookDetails.some(({ hookId }) => hookId === hook.hookId)) return
  const { timeoutInMinutes = defaultTimeoutInMinutes, action = 'ROLLBACK' } = hook.timeoutConfiguration ?? {}
  const detail: LifecycleHookDetail = {
    hookId: hook.hookId,
    targetType: hook.targetType,
    ...(hook.hookTargetArn === undefined ? {} : { targetArn: hook.hookTargetArn }),
    lifecycleStage: step.stage,
    status: hook.targetType === 'PAUSE' ? 'AWAITING_ACTION' : 'IN_PROGRESS',
    expiresAt: begunAt + timeoutInMinutes * settings.minuteMilliseconds,
    timeoutAction: action,
    startedAt: begunAt,
  }
  const kept = [...lifecycleHookDetails.slice(-mostDetails), detail]
  store.serviceDeployments.put(deploymentId, { ...deployment, lifecycleHookDetails: kept })
}

async function pause(tools: ServiceHookTools, { hookId }: Hook, { deploymentId, signal }: BegunStep): Promise<void> {
  const { expiresAt, lifecycleStage, timeoutAction, status } = detailOf(tools, deploymentId, hookId)
  if (status !== 'AWAITING_ACTION') return
  const answer = await tools.changes.until(() => detailOf(tools, deploymentId, hookId).answer, {
    ...(expiresAt === undefined ? {} : { deadline: expiresAt }),
    signal,
  })
  if (answer === 'CONTINUE') return note(tools, deploymentId, hookId, { status: 'SUCCEEDED' })
  if (answer === 'ROLLBACK') {
    const because = `${lifecycleStage} pause hook was answered with ROLLBACK (ContinueServiceDeployment).`
    return note(tools, deploymentId, hookId, { status: 'FAILED', because })
  }
  timedOut(tools, deploymentId, hookId, timeoutAction, `${lifecycleStage} pause hook timed out.`)
}

/** Calls the function, again and again while it says IN_PROGRESS. */
async function call(tools: ServiceHookTools, step: HooksStep, hook: Hook, begun: BegunStep): Promise<void> {
  const { changes, clock, settings } = tools
  const { deploymentId, begunAt, engineStartedAt, signal } = begun
  const { timeoutInMinutes = defaultTimeoutInMinutes, action = 'ROLLBACK' } = hook.timeoutConfiguration ?? {}
  // Asked again by a later engine, the function has its time again: nobody could hear it while none was running.
  const deadline = Math.max(begunAt, engineStartedAt) + timeoutInMinutes * settings.minuteMilliseconds
  for (;;) {
    const { status, nextCall } = detailOf(tools, deploymentId, hook.hookId)
    if (status !== 'IN_PROGRESS') return
    const nextAt = Math.min(nextCall?.at ?? 0, deadline)
    await changes.until(() => (clock.now() >= nextAt ? true : undefined), { deadline: nextAt, signal })
    if (clock.now() >= deadline) break
    const payload = payloadOf(tools, step.stage, hook, deploymentId, nextCall?.hookDetails ?? hook.hookDetails)
    const answer = await invoked(tools, hook, payload, { deadline, signal })
    if (answer === undefined) break
    writeDown(tools, deploymentId, hook, answer, nextCall?.hookDetails ?? hook.hookDetails)
  }
  const because = `${step.stage} lifecycle hook(s) failed. Lifecycle hook target ${hook.hookTargetArn ?? ''} timed out.`
  timedOut(tools, deploymentId, hook.hookId, action, because)
}

type Invoked = { readonly result: FunctionResult } | { readonly error: string }

/** Undefined once the deadline has passed; the function goes on then, and nobody waits for it. */
async function invoked(
  { functions, changes }: ServiceHookTools,
  { hookTargetArn = '' }: Hook,
  payload: Payload,
  until: { readonly deadline: number; readonly signal: AbortSignal },
): Promise<Invoked | undefined> {
  let answer: Invoked | undefined
  const region = parseArn(payload.executionDetails.serviceArn)?.region ?? ''
  const elsewhere = regionElsewhere(hookTargetArn, region)
  if (elsewhere !== undefined) {
    return {
      error: `the function is in ${elsewhere}; the service is in ${region}. Create the function in ${region}, and name that one.`,
    }
  }
  const ask = async (): Promise<void> => {
    try {
      const invocation = { functionName: hookTargetArn, region, payload: JSON.stringify(payload) }
      answer = { result: await functions.invoke(invocation) }
    } catch (error) {
      answer = { error: error instanceof Error ? error.message : String(error) }
    }
    changes.notify()
  }
  void ask()
  return changes.until(() => answer, until)
}

/** Writes down what the function said. */
function writeDown(tools: ServiceHookTools, deploymentId: string, hook: Hook, answer: Invoked, asked: unknown): void {
  const { hookId, hookTargetArn = '' } = hook
  const { lifecycleStage: stage } = detailOf(tools, deploymentId, hookId)
  const fail = (why: string, said: Partial<LifecycleHookDetail>): void =>
    note(tools, deploymentId, hookId, {
      ...said,
      status: 'FAILED',
      because: `${stage} lifecycle hook(s) failed. ${why}`,
    })
  if ('error' in answer) {
    fail(`ECS was unable to invoke hook target ${hookTargetArn} due to ${answer.error}`, { result: answer.error })
    return
  }
  const { payload, functionError, logLines } = answer.result
  const said = {
    result: payload.slice(0, mostResultCharacters),
    logLines: logLines.slice(-mostLogLines).map((line) => line.slice(0, mostLineCharacters)),
  }
  if (functionError !== undefined) {
    fail(`ECS was unable to invoke hook target ${hookTargetArn} due to ${errorMessageOf(payload)}`, said)
    return
  }
  const read = readHookAnswer(payload)
  switch (read.hookStatus) {
    case 'SUCCEEDED':
      note(tools, deploymentId, hookId, { ...said, status: 'SUCCEEDED' })
      return
    case 'FAILED':
      fail(`Lifecycle hook target ${hookTargetArn} returned FAILED status.`, said)
      return
    case 'UNUSABLE':
      fail(
        `ECS was unable to parse the response from ${hookTargetArn} due to ${read.problem.slice(0, mostQuotedCharacters)}`,
        said,
      )
      return
    case 'IN_PROGRESS': {
      const hookDetails = mergedHookDetails(asked, read.hookDetails)
      const at = tools.clock.now() + read.callBackDelaySeconds * 1000
      change(tools, deploymentId, hookId, (detail) => ({
        ...detail,
        ...said,
        nextCall: { at, ...(hookDetails === undefined ? {} : { hookDetails }) },
      }))
    }
  }
}

type Payload = {
  readonly executionId: string
  readonly lifecycleStage: DeploymentLifecycleHookStage
  readonly resourceArn: string
  readonly executionDetails: {
    readonly serviceArn: string
    readonly targetServiceRevisionArn: string
    readonly testTrafficWeights: Weights
    readonly productionTrafficWeights: Weights
  }
  readonly hookDetails?: unknown
}
type Weights = Readonly<Record<string, number>>

function payloadOf(
  tools: ServiceHookTools,
  stage: DeploymentLifecycleHookStage,
  { executionId }: Hook,
  deploymentId: string,
  hookDetails: unknown,
): Payload {
  const deployment = deploymentOf(tools, deploymentId)
  const { plan } = deployment
  const isTest = stage === 'TEST_TRAFFIC_SHIFT' || stage === 'RECONCILE_SERVICE'
  const isProduction = stage.endsWith('PRODUCTION_TRAFFIC_SHIFT') && stage !== 'POST_PRODUCTION_TRAFFIC_SHIFT'
  return {
    executionId,
    lifecycleStage: stage,
    resourceArn: deploymentId,
    executionDetails: {
      serviceArn: deployment.serviceArn,
      targetServiceRevisionArn: deployment.targetServiceRevision.arn,
      testTrafficWeights: isTest ? weightsOf(deployment, plan?.testListenerArn) : {},
      productionTrafficWeights:
        isProduction || stage === 'RECONCILE_SERVICE' ? weightsOf(deployment, plan?.prodListenerArn) : {},
    },
    ...(hookDetails === undefined ? {} : { hookDetails }),
  }
}

/** By revision ARN, in percent. */
function weightsOf({ plan, routedPercentages, serviceArn }: ServiceDeployment, ruleArn: string | undefined): Weights {
  const green = ruleArn === undefined ? undefined : routedPercentages?.[ruleArn]
  if (plan === undefined || green === undefined) return {}
  const { blue } = plan
  return {
    ...(blue.taskSetId === '' ? {} : { [arn.serviceRevision(serviceArn, blue.taskSetId)]: asDecimal(100 - green) }),
    [arn.serviceRevision(serviceArn, plan.green.taskSetId)]: green,
  }
}

function timedOut(
  tools: ServiceHookTools,
  deploymentId: string,
  hookId: string,
  action: 'ROLLBACK' | 'CONTINUE' = 'ROLLBACK',
  because: string,
): void {
  note(tools, deploymentId, hookId, { status: 'TIMED_OUT', ...(action === 'CONTINUE' ? {} : { because }) })
}

/** The deployment goes another way: nobody waits for these any more. */
function giveUp(tools: ServiceHookTools, deploymentId: string, hooks: readonly Hook[]): void {
  for (const { hookId } of hooks) {
    const { status } = detailOf(tools, deploymentId, hookId)
    if (status === 'IN_PROGRESS' || status === 'AWAITING_ACTION')
      note(tools, deploymentId, hookId, { status: 'FAILED' })
  }
}

function note(tools: ServiceHookTools, deploymentId: string, hookId: string, news: Partial<LifecycleHookDetail>): void {
  const endedAt = tools.clock.now()
  change(tools, deploymentId, hookId, ({ nextCall: _over, ...detail }) => ({ ...detail, ...news, endedAt }))
}

function change(
  tools: ServiceHookTools,
  deploymentId: string,
  hookId: string,
  with_: (detail: LifecycleHookDetail) => LifecycleHookDetail,
): void {
  const deployment = deploymentOf(tools, deploymentId)
  const lifecycleHookDetails = (deployment.lifecycleHookDetails ?? []).map((detail) =>
    detail.hookId === hookId ? with_(detail) : detail,
  )
  tools.store.serviceDeployments.put(deploymentId, { ...deployment, lifecycleHookDetails })
}

function outcomeInWords({ targetType, targetArn = '', status, because }: LifecycleHookDetail): string {
  if (because !== undefined) return because
  return targetType === 'PAUSE' ? `The pause ended: ${status}.` : `Function ${targetArn.split(':').at(-1)}: ${status}.`
}

/** What a function that threw said. */
function errorMessageOf(payload: string): string {
  try {
    const { errorMessage } = JSON.parse(payload) as { readonly errorMessage?: unknown }
    return (typeof errorMessage === 'string' ? errorMessage : payload).slice(0, mostQuotedCharacters)
  } catch {
    return payload.slice(0, mostQuotedCharacters)
  }
}

function detailOf(tools: ServiceHookTools, deploymentId: string, wanted: string): LifecycleHookDetail {
  const detail = deploymentOf(tools, deploymentId).lifecycleHookDetails?.find(({ hookId }) => hookId === wanted)
  if (detail === undefined) throw new Error(`Service deployment ${deploymentId} has not begun hook ${wanted}.`)
  return detail
}

function deploymentOf({ store }: ServiceHookTools, deploymentId: string): ServiceDeployment {
  const deployment = store.serviceDeployments.get(deploymentId)
  if (deployment === undefined) throw new Error(`Service deployment ${deploymentId} is not in the store.`)
  return deployment
}
