import type { Deployment } from '../domain/deployment.ts'
import type { JournalEntry } from '../domain/journal.ts'
import { isOver } from '../domain/service-deployment.ts'
import type { ServiceDeployment, ServiceDeploymentLifecycleStage } from '../domain/service-deployment.ts'
import type { StageView } from './views.ts'

/** CodeDeploy's lifecycle events, and between them the waits and the end of blue, which have no event of their own. */
export function codeDeployStages(deployment: Deployment, journal: readonly JournalEntry[]): readonly StageView[] {
  const hooks = deployment.plan?.hooks ?? []
  const events = deployment.lifecycleEvents.map((event): StageView => ({
    name: event.lifecycleEventName,
    status: eventStatus(event.status),
    startedAt: event.startTime,
    endedAt: event.endTime,
    message: event.message,
    hook: hooks.find((hook) => hook.event === event.lifecycleEventName)?.functionName,
  }))
  if (deployment.creator === 'codeDeployRollback') return events
  const { deploymentReadyOption, terminateBlueInstances } = deployment.group
  const isOverAlready = deployment.completeTime !== undefined
  const waits = (waitFor: string) => journal.filter(({ step }) => step.kind === 'wait' && step.waitFor === waitFor)
  const ready = stageOf('Wait for approval', waits('READY_WAIT'), isOverAlready)
  const before = events.findIndex(({ name }) => name === 'BeforeAllowTraffic')
  const withReady =
    deploymentReadyOption.actionOnTimeout === 'STOP_DEPLOYMENT' ? events.toSpliced(before, 0, ready) : events
  if (terminateBlueInstances.action === 'KEEP_ALIVE') return withReady
  const deleted = journal.filter(({ step }) => step.kind === 'deleteTaskSet')
  return [
    ...withReady,
    stageOf('Termination wait', waits('TERMINATION_WAIT'), isOverAlready),
    stageOf('End of blue', deleted, isOverAlready),
  ]
}

function eventStatus(status: Deployment['lifecycleEvents'][number]['status']): StageView['status'] {
  switch (status) {
    case 'Pending':
      return 'pending'
    case 'InProgress':
      return 'running'
    case 'Succeeded':
      return 'done'
    case 'Failed':
      return 'failed'
    case 'Skipped':
      return 'skipped'
  }
}

function stageOf(name: string, entries: readonly JournalEntry[], isOverAlready: boolean): StageView {
  const last = entries.at(-1)
  const status = last === undefined ? (isOverAlready ? 'skipped' : 'pending') : entryStatus(last)
  const startedAt = entries[0]?.begunAt
  return { name, status, startedAt, endedAt: last?.outcome?.at, message: undefined, hook: undefined }
}

function entryStatus({ outcome }: JournalEntry): StageView['status'] {
  if (outcome === undefined) return 'running'
  return outcome.result.kind === 'interrupted' ? 'failed' : 'done'
}

const forward: readonly ServiceDeploymentLifecycleStage[] = [
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
]

/** ECS's stages in the order they were entered, those of a rollback too, and those that are still to come. */
export function serviceStages(deployment: ServiceDeployment, journal: readonly JournalEntry[]): readonly StageView[] {
  if (deployment.deploymentConfiguration.strategy === 'ROLLING') return [rollingStage(deployment)]
  const entered = journal.filter(({ step }) => step.kind === 'enterStage')
  const isEnded = isOver(deployment)
  const rollback = journal.find(({ step }) => step.kind === 'beginRollback')
  const seen = entered.map((entry, index): StageView => {
    const stage = entry.step.kind === 'enterStage' ? entry.step.stage : ''
    const until = entered[index + 1]?.begunAt ?? deployment.finishedAt
    const isBack = rollback !== undefined && entry.position > rollback.position
    const isCutShort =
      rollback !== undefined && !isBack && (entered[index + 1]?.position ?? Infinity) > rollback.position
    const isStopped = deployment.status === 'STOPPED' && index === entered.length - 1
    return {
      name: isBack ? `${stage} (back)` : stage,
      status: isCutShort || isStopped ? 'failed' : until === undefined ? 'running' : 'done',
      startedAt: entry.begunAt,
      endedAt: isCutShort ? rollback.begunAt : until,
      message: undefined,
      hook: hookNames(deployment, stage),
    }
  })
  const names = new Set(seen.map(({ name }) => name))
  const toCome = forward.filter((name) => !names.has(name) && isPlanned(deployment, name))
  const status = isEnded || rollback !== undefined ? 'skipped' : 'pending'
  return [
    ...seen,
    ...toCome.map((name): StageView => ({
      name,
      status,
      startedAt: undefined,
      endedAt: undefined,
      message: undefined,
      hook: hookNames(deployment, name),
    })),
  ]
}

function isPlanned({ plan }: ServiceDeployment, stage: ServiceDeploymentLifecycleStage): boolean {
  const isTest = stage === 'TEST_TRAFFIC_SHIFT' || stage === 'POST_TEST_TRAFFIC_SHIFT'
  return !isTest || plan === undefined || plan.testListenerArn !== undefined
}

function hookNames({ deploymentConfiguration }: ServiceDeployment, stage: string): string | undefined {
  const names = (deploymentConfiguration.lifecycleHooks ?? [])
    .filter(({ lifecycleStages }) => lifecycleStages.some((each) => each === stage))
    .map(({ targetType, hookTargetArn }) =>
      targetType === 'PAUSE' ? 'pause' : (hookTargetArn?.split(':').at(-1) ?? ''),
    )
  return names.length === 0 ? undefined : names.join(', ')
}

function rollingStage(deployment: ServiceDeployment): StageView {
  const { status, statusReason, startedAt, finishedAt, rollback } = deployment
  const hasFailed = status === 'ROLLBACK_FAILED' || status === 'ROLLBACK_SUCCESSFUL' || rollback !== undefined
  return {
    name: 'Rolling update',
    status: hasFailed ? 'failed' : finishedAt !== undefined ? 'done' : startedAt === undefined ? 'pending' : 'running',
    startedAt,
    endedAt: finishedAt,
    message: statusReason,
    hook: undefined,
  }
}
