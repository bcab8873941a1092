import { isTerminal } from '../domain/deployment.ts'
import type { Deployment } from '../domain/deployment.ts'
import { lastPart } from '../domain/identifiers.ts'
import type { JournalEntry } from '../domain/journal.ts'
import { isOver } from '../domain/service-deployment.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import type { ActionView } from './views.ts'

/** What can be done to a deployment of CodeDeploy as it stands now, and what that will do. */
export function codeDeployActions(deployment: Deployment, journal: readonly JournalEntry[]): readonly ActionView[] {
  const hooks = runHookActions(deployment.plan?.hooks ?? [])
  if (isTerminal(deployment.status)) return [...rollBackTo(deployment), ...hooks]
  const wait = journal.findLast(({ step, outcome }) => step.kind === 'wait' && outcome === undefined)?.step
  const waitFor = wait?.kind === 'wait' ? wait.waitFor : undefined
  return [
    ...(waitFor === 'READY_WAIT' ? [continueNow] : []),
    ...(waitFor === 'TERMINATION_WAIT' ? [endTerminationWait] : []),
    ...(deployment.pastPointOfNoReturn || deployment.stopRequest !== undefined ? [] : stops(deployment)),
    ...hooks,
  ]
}

export const continueNow: ActionView = {
  kind: 'continue',
  label: 'Continue',
  consequences: ['Production traffic begins to shift to green now, by the deployment configuration.'],
  isDangerous: false,
  subject: undefined,
}

export const endTerminationWait: ActionView = {
  kind: 'endTerminationWait',
  label: 'End the termination wait',
  consequences: [
    'Blue is drained and its tasks are stopped now.',
    'From then on there is no way back but another deployment.',
  ],
  isDangerous: true,
  subject: undefined,
}

function stops({ creator, autoRollbackConfiguration }: Deployment): readonly ActionView[] {
  const { enabled, events } = autoRollbackConfiguration
  const rollsBackOnStop = enabled && events.includes('DEPLOYMENT_STOP_ON_REQUEST')
  return stopActions({ isRollback: creator === 'codeDeployRollback', rollsBackOnStop })
}

export function stopActions({
  isRollback,
  rollsBackOnStop,
}: {
  readonly isRollback: boolean
  readonly rollsBackOnStop: boolean
}): readonly ActionView[] {
  const stop: ActionView = {
    kind: 'stop',
    label: 'Stop',
    consequences: [
      'The deployment stops where it is: weights and task sets stay as they are now.',
      ...(rollsBackOnStop
        ? ['Its group is set to roll back on a stop; this stop asks it not to.']
        : ['It is not rolled back.']),
    ],
    isDangerous: true,
    subject: undefined,
  }
  if (isRollback) return [stop]
  const back: ActionView = {
    kind: 'stopAndRollBack',
    label: 'Stop and roll back',
    consequences: [
      'All production and test traffic goes back to blue at once.',
      'Blue becomes PRIMARY again; green is drained and its tasks are stopped.',
      'It is done by a second deployment, which you can watch.',
    ],
    isDangerous: true,
    subject: undefined,
  }
  return [stop, back]
}

/** What is made again is the revision: an AppSpec, which names a task definition. */
function rollBackTo({ status, plan, group }: Deployment): readonly ActionView[] {
  if (status !== 'Succeeded' || plan === undefined) return []
  return [rollBackToAction(lastPart(plan.install.taskDefinition), lastPart(group.ecsService.serviceName))]
}

export function rollBackToAction(taskDefinition: string, service: string): ActionView {
  return {
    kind: 'rollBackTo',
    label: `Roll back to this one`,
    consequences: [
      `A new deployment of this revision (${taskDefinition}) is created in the same deployment group, with its present settings.`,
      `It is a whole blue/green deployment of ${service}: new tasks, hooks, the configured shift.`,
    ],
    isDangerous: false,
    subject: undefined,
  }
}

/** A function may be hooked on several events. */
export function runHookActions(
  hooks: readonly { readonly functionName: string; readonly event: string }[],
): readonly ActionView[] {
  const byFunction = Map.groupBy(hooks, ({ functionName }) => functionName)
  return Array.from(byFunction, ([functionName, its]) =>
    runHookAction(functionName, its.map(({ event }) => event).join(', ')),
  )
}

function runHookAction(functionName: string, events: string): ActionView {
  return {
    kind: 'runHook',
    label: `Run ${functionName.split(':').at(-1)} now`,
    consequences: [
      `Function ${functionName}, hooked on ${events}, is invoked once with ids made up for the test.`,
      'Its verdict counts for nothing: no deployment waits for it. What it does besides, it really does.',
    ],
    isDangerous: false,
    subject: functionName,
  }
}

/** The same of a deployment that ECS itself does. */
export function serviceActions(deployment: ServiceDeployment): readonly ActionView[] {
  if (isOver(deployment)) return deployment.status === 'SUCCESSFUL' ? [serviceRollBackTo] : []
  const pauses = (deployment.lifecycleHookDetails ?? []).filter(
    ({ targetType, status, answer }) => targetType === 'PAUSE' && status === 'AWAITING_ACTION' && answer === undefined,
  )
  const isGoingBack = deployment.rollback !== undefined || deployment.interruption !== undefined
  return [
    ...pauses.flatMap(({ hookId, lifecycleStage }) => pauseActions(hookId, lifecycleStage)),
    ...(isGoingBack ? [] : serviceStops),
  ]
}

export function pauseActions(hookId: string, stage: string): readonly ActionView[] {
  return [
    {
      kind: 'pauseContinue',
      label: 'Continue',
      consequences: [`The pause at ${stage} ends and the deployment goes on with its next step.`],
      isDangerous: false,
      subject: hookId,
    },
    {
      kind: 'pauseRollBack',
      label: 'Roll back at this pause',
      consequences: [
        `The pause at ${stage} ends as failed.`,
        'All traffic goes back to blue, and green is taken away.',
      ],
      isDangerous: true,
      subject: hookId,
    },
  ]
}

export const serviceRollBackTo: ActionView = {
  kind: 'rollBackTo',
  label: 'Roll back to this one',
  consequences: [
    'The service is updated to the task definition of this deployment; ECS then deploys it as the service is configured now.',
    'It is a whole deployment: new tasks, hooks, the configured shift.',
  ],
  isDangerous: false,
  subject: undefined,
}

export const serviceStops: readonly ActionView[] = [
  {
    kind: 'stop',
    label: 'Abort',
    consequences: ['The deployment stops where it is: weights and tasks stay as they are now.'],
    isDangerous: true,
    subject: undefined,
  },
  {
    kind: 'stopAndRollBack',
    label: 'Stop and roll back',
    consequences: ['All traffic goes back to the revision that served before, and the new one is taken away.'],
    isDangerous: true,
    subject: undefined,
  },
]
