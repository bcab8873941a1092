import type { TriggerConfiguration, TriggerEvent } from './code-deploy.ts'
import type { EcsDeploymentEvent } from './ecs-event.ts'
import { isTerminal, type Deployment, type DeploymentStatus } from './deployment.ts'

/** What is told of a deployment: by SNS to whom its group's triggers name, and by EventBridge to all. */
export type Notification = {
  readonly notificationId: string
  /** CodeDeploy's, or the ARN of an ECS service deployment. */
  readonly deploymentId: string
  readonly at: number
  readonly content: NotificationContent
  /** Absent where there is no webhook to deliver to. */
  readonly delivery?: Delivery
}

/** One as the record of its deployment shows it; `at` in ISO 8601. */
export type RecordedNotification = NotificationContent & { readonly at: string; readonly delivery?: Delivery }

export type NotificationContent =
  | {
      readonly channel: 'SNS'
      readonly topicArn: string
      readonly subject: string
      /** JSON text, all of whose values are texts. */
      readonly message: string
    }
  | { readonly channel: 'EventBridge'; readonly event: EventBridgeEvent | EcsDeploymentEvent }

type Delivery = {
  readonly status: 'Pending' | 'Delivered' | 'Failed'
  readonly attempts: number
  /** Why the last attempt failed. */
  readonly problem?: string
}

type EventBridgeEvent = {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': 'CodeDeploy Deployment State-change Notification'
  readonly source: 'aws.codedeploy'
  readonly account: string
  /** ISO 8601. */
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: {
    readonly region: string
    readonly deploymentId: string
    readonly instanceGroupId: string
    readonly deploymentGroup: string
    readonly state: 'START' | 'SUCCESS' | 'FAILURE' | 'STOP' | 'READY'
    readonly application: string
  }
}

/** The statuses a deployment has been in that are told of, in their order, as far as its record shows. */
export function toldStatuses(deployment: Deployment): readonly DeploymentStatus[] {
  const { status, startTime } = deployment
  return [
    'Created',
    ...(startTime === undefined ? [] : (['InProgress'] as const)),
    ...(status === 'Ready' || isTerminal(status) ? [status] : []),
  ]
}

/** What to tell when a deployment has come to a status: one content per trigger that wants it, and the event. */
export function notificationsOf(
  deployment: Deployment,
  status: DeploymentStatus,
  { accountId, at, id }: { readonly accountId: string; readonly at: number; readonly id: string },
): readonly NotificationContent[] {
  const events = triggerEventsOf(deployment, status)
  const triggers = deployment.group.triggerConfigurations ?? []
  const messages = triggers.flatMap((trigger) =>
    trigger.triggerEvents
      .filter((event) => events.includes(event))
      .map(() => snsContent(deployment, status, trigger, accountId)),
  )
  const state = eventStates[status]
  if (state === undefined) return messages
  return [...messages, { channel: 'EventBridge', event: eventOf(deployment, state, { accountId, at, id }) }]
}

/** A rollback is a deployment of its own: that it was created is what a trigger for rollbacks waits for. */
function triggerEventsOf({ creator }: Deployment, status: DeploymentStatus): readonly TriggerEvent[] {
  switch (status) {
    case 'Created':
      return creator === 'codeDeployRollback' ? ['DeploymentStart', 'DeploymentRollback'] : ['DeploymentStart']
    case 'Ready':
      return ['DeploymentReady']
    case 'Succeeded':
      return ['DeploymentSuccess']
    case 'Failed':
      return ['DeploymentFailure']
    case 'Stopped':
      return ['DeploymentStop']
    case 'Queued':
    case 'InProgress':
      return []
  }
}

const eventStates: Readonly<Partial<Record<DeploymentStatus, EventBridgeEvent['detail']['state']>>> = {
  InProgress: 'START',
  Ready: 'READY',
  Succeeded: 'SUCCESS',
  Failed: 'FAILURE',
  Stopped: 'STOP',
}

/** SNS's status is in capitals: `SUCCEEDED`, `IN_PROGRESS`. */
function snsContent(
  deployment: Deployment,
  status: DeploymentStatus,
  { triggerName, triggerTargetArn }: TriggerConfiguration,
  accountId: string,
): NotificationContent {
  const { region, applicationName, deploymentId, deploymentGroupName, createTime, completeTime } = deployment
  const statusText = status.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()
  // What the record says by now may be later than the status that is told of.
  const isOver = isTerminal(status)
  const error = isOver ? deployment.errorInformation : undefined
  const rollback = isOver || status === 'Created' ? deployment.rollbackInfo : undefined
  const message = {
    region,
    accountId,
    eventTriggerName: triggerName,
    applicationName,
    deploymentId,
    deploymentGroupName,
    createTime: secondsText(createTime),
    ...(completeTime === undefined || !isOver ? {} : { completeTime: secondsText(completeTime) }),
    deploymentOverview: JSON.stringify(overview(status)),
    status: statusText,
    ...(error === undefined
      ? {}
      : { errorInformation: textOf({ ErrorCode: error.code, ErrorMessage: error.message }) }),
    ...(rollback === undefined
      ? {}
      : {
          rollbackInformation: textOf({
            RollbackMessage: rollback.rollbackMessage,
            RollbackTriggeringDeploymentId: rollback.rollbackTriggeringDeploymentId,
            RollbackDeploymentId: rollback.rollbackDeploymentId,
          }),
        }),
  }
  return {
    channel: 'SNS',
    topicArn: triggerTargetArn,
    subject: `${statusText}: AWS CodeDeploy ${deploymentId} in ${region} to ${deploymentGroupName}`,
    message: JSON.stringify(message),
  }
}

/** Of the one target there is. */
function overview(status: DeploymentStatus): Readonly<Record<string, number>> {
  const isPending = status === 'Created' || status === 'Queued'
  const target = isPending ? 'Pending' : status === 'Stopped' ? 'Failed' : status
  return { Pending: 0, InProgress: 0, Succeeded: 0, Failed: 0, Skipped: 0, Ready: 0, [target]: 1 }
}

function eventOf(
  { region, applicationName, deploymentId, deploymentGroupName, group }: Deployment,
  state: EventBridgeEvent['detail']['state'],
  { accountId, at, id }: { readonly accountId: string; readonly at: number; readonly id: string },
): EventBridgeEvent {
  const arn = `arn:aws:codedeploy:${region}:${accountId}`
  return {
    version: '0',
    id,
    'detail-type': 'CodeDeploy Deployment State-change Notification',
    source: 'aws.codedeploy',
    account: accountId,
    time: new Date(at).toISOString(),
    region,
    resources: [
      `${arn}:application:${applicationName}`,
      `${arn}:deploymentgroup:${applicationName}/${deploymentGroupName}`,
    ],
    detail: {
      region,
      deploymentId,
      instanceGroupId: group.deploymentGroupId ?? '',
      deploymentGroup: deploymentGroupName,
      state,
      application: applicationName,
    },
  }
}

const textOf = (members: Readonly<Record<string, string | undefined>>): string => JSON.stringify(members)

/** Epoch seconds as text, as CodeDeploy's messages have them. */
function secondsText(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3)
}
