import type { DeploymentInfo } from '@aws-sdk/client-codedeploy'
import type { DeploymentRecord } from '../domain/deployment-record.ts'
import { linesOfFunction } from '../domain/lambda-function.ts'
import type { RecordedNotification } from '../domain/notification.ts'
import { diagnosisLines } from '../view/diagnosis-lines.ts'
import { toldCause } from '../view/told-cause.ts'
import { textOf } from '../view/styled.ts'
import { counted } from '../view/words.ts'
import type { ShownDeployment } from './deployment.ts'
import { isTerminatingBlue } from './deployment-target.ts'
import { columns, dateAndTime, spanOf, timeOfDay, wrapped } from './text.ts'

/** A deployment for people, at most 80 columns wide. */
export function deploymentText(shown: ShownDeployment): string {
  const { deployment, record } = shown
  const sections: readonly (readonly string[])[] = [
    header(shown),
    section('Stages', stages(shown)),
    section(deployment.completeTime === undefined ? 'Task sets' : 'Task sets, when it ended', taskSets(shown)),
    ...(record === undefined
      ? [[wrapped(`Steps and requests: ${shown.endpoint} keeps no record of them (AWS does not; Teal does).`, 2)]]
      : [
          section('What was decided and done, and why', steps(record, shown)),
          section('Requests while it ran', requests(record)),
          section('Targets', targets(record)),
          section('Alarms', alarms(record)),
          section('Scaling', scaling(record)),
        ]),
    section('Hooks', hooks(shown)),
    section('Notifications', notifications(record?.notifications ?? [])),
    ...ending(shown),
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

export function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines]
}

function header({ deployment, endpoint, region }: ShownDeployment): readonly string[] {
  const { deploymentId, applicationName, deploymentGroupName, status, description, createTime, completeTime } =
    deployment
  const kind = deployment.creator === 'codeDeployRollback' ? 'Rollback' : 'Deployment'
  const time = createTime === undefined ? [] : [`created ${dateAndTime(createTime)}`]
  const took = createTime && completeTime ? [`took ${spanOf(completeTime.getTime() - createTime.getTime())}`] : []
  return [
    `${kind} ${deploymentId}: ${status}`,
    wrapped(`  application ${applicationName}, deployment group ${deploymentGroupName}`, 4),
    `  ${deployment.deploymentConfigName}`,
    ...(description === undefined ? [] : [wrapped(`  ${description}`, 2)]),
    `  ${[...time, ...took].join(', ')}`,
    wrapped(`  at ${endpoint}, ${region}`, 4),
  ]
}

function stages(shown: ShownDeployment): readonly string[] {
  return columns(
    (shown.target?.lifecycleEvents ?? []).map(
      ({ lifecycleEventName = '', status = '', startTime, endTime, diagnostics }) => {
        const span = startTime && endTime ? spanOf(endTime.getTime() - startTime.getTime()) : ''
        return [lifecycleEventName, status, span.padStart(10), brief(diagnostics?.message ?? '', shown)]
      },
    ),
  )
}

function taskSets({ target }: ShownDeployment): readonly string[] {
  return columns(
    (target?.taskSetsInfo ?? []).map((taskSet) => [
      taskSet.taskSetLabel ?? '',
      taskSet.status ?? '',
      taskSet.targetGroup?.name ?? '',
      `${taskSet.runningCount ?? 0} of ${counted(taskSet.desiredCount ?? 0, 'task')} running`,
      `${taskSet.trafficWeight ?? 0}% of traffic`,
    ]),
  )
}

/** What only says how far it is stands under "Stages" already. */
function steps({ steps: all }: DeploymentRecord, shown: ShownDeployment): readonly string[] {
  return columns(
    all
      .filter(({ kind }) => kind !== 'recordEvent' && kind !== 'recordStatus')
      .map(({ begunAt, endedAt, sentence }) => {
        const span = endedAt === undefined ? '…' : spanOf(Date.parse(endedAt) - Date.parse(begunAt))
        return [timeOfDay(new Date(begunAt)), span.padStart(8), brief(sentence, shown)]
      }),
  )
}

/** What was seen of a failure is told once, at the end, as its evidence. */
function brief(text: string, { deployment, diagnosis }: ShownDeployment): string {
  const message = deployment.errorInformation?.message
  return message === undefined || diagnosis?.kind !== 'found' ? text : text.replace(message, toldCause(message).cause)
}

export function requests({ traffic }: Pick<DeploymentRecord, 'traffic'>): readonly string[] {
  const { counted: isCounted, answered, failed, givenUp, totals } = traffic
  if (!isCounted) return ['  They were not counted.']
  if (totals.length === 0) return ['  There were none.']
  const rows = totals.map(({ listener, targetGroup, taskDefinition, outcome, count }) => [
    listener,
    targetGroup ?? 'no target group',
    taskDefinition?.split('/').at(-1) ?? '',
    outcome,
    String(count),
  ])
  const gone = givenUp === 0 ? '' : `, ${givenUp} given up by their clients`
  return [
    ...columns([['LISTENER', 'TARGET GROUP', 'RUNS', 'OUTCOME', 'REQUESTS'], ...rows]),
    `  ${answered} answered, ${failed} failed${gone}`,
  ]
}

function scaling({ scaling: all = [] }: DeploymentRecord): readonly string[] {
  return columns(all.slice(-20).map(({ at, sentence }) => [timeOfDay(new Date(at)), sentence]))
}

export function targets({ targetHealth }: Pick<DeploymentRecord, 'targetHealth'>): readonly string[] {
  return columns(
    targetHealth
      .slice(-20)
      .map(({ at, targetGroup, target, health, lastCheck }) => [
        timeOfDay(new Date(at)),
        targetGroup,
        target,
        health === undefined ? 'gone' : health.state,
        isChecked(health) ? (lastCheck ?? health?.description ?? '') : (health?.description ?? ''),
      ]),
  )
}

/** Of others, the last check is not the reason. */
function isChecked(health: DeploymentRecord['targetHealth'][number]['health']): boolean {
  return health?.reason === 'Elb.InitialHealthChecking' || health?.state === 'unhealthy'
}

/** Their log lines are in AWS's own answers too, as the diagnostics of the events. */
function hooks({ target, record }: ShownDeployment): readonly string[] {
  const told = (target?.lifecycleEvents ?? [])
    .filter(({ diagnostics }) => diagnostics?.scriptName !== undefined)
    .map(({ lifecycleEventName = '', diagnostics }) => ({
      heading: `${lifecycleEventName}: ${diagnostics?.scriptName}, ${diagnostics?.errorCode ?? 'running'}`,
      logLines: (diagnostics?.logTail ?? '').split('\n'),
    }))
  const recorded = record?.hooks.map(({ event, functionName, verdict, cannotRun, functionError, logLines }) => {
    const error = cannotRun?.message ?? functionError
    const said = error === undefined ? '' : `; ${error}`
    return { heading: `${event}: ${functionName} reported ${verdict?.status ?? 'nothing'}${said}`, logLines }
  })
  return (recorded ?? told).flatMap(({ heading, logLines }) => [
    wrapped(`  ${heading}`, 4),
    ...linesOfFunction(logLines).map((line) => wrapped(`    | ${line}`, 6)),
  ])
}

export function alarms({ alarms: all }: Pick<DeploymentRecord, 'alarms'>): readonly string[] {
  return columns(
    all.map(({ at, alarmName, state, reason }) => [
      timeOfDay(new Date(at)),
      alarmName,
      state ?? 'there is none of this name',
      reason ?? '',
    ]),
  )
}

function notifications(all: readonly RecordedNotification[]): readonly string[] {
  return columns(
    all
      .slice(-20)
      .map((one) => [timeOfDay(new Date(one.at)), one.channel, whatIsTold(one), deliveryInWords(one.delivery)]),
  )
}

function whatIsTold(one: RecordedNotification): string {
  if (one.channel === 'SNS') return `${one.subject}, to ${one.topicArn}`
  const { detail } = one.event
  return 'state' in detail ? detail.state : detail.eventName
}

function deliveryInWords(delivery: RecordedNotification['delivery']): string {
  if (delivery === undefined) return 'recorded'
  const { status, attempts, problem } = delivery
  const after = attempts > 1 || status === 'Failed' ? ` after ${attempts} attempts` : ''
  return `webhook: ${status}${after}${problem === undefined ? '' : `, ${problem}`}`
}

/** Where it went wrong, why it did is read last, just above where the next command is typed. */
function ending(shown: ShownDeployment): readonly (readonly string[])[] {
  const { deployment, diagnosis } = shown
  if (diagnosis?.kind === 'found') return [diagnosisLines(diagnosis.thing, 80).map(textOf)]
  const reason = diagnosis?.kind === 'unknown' ? [wrapped(`  More cannot be seen: ${diagnosis.reason}.`, 2)] : []
  return [section('Result', [...result(deployment), ...reason]), section('Next', next(shown))]
}

function result(deployment: DeploymentInfo): readonly string[] {
  const { status, errorInformation, rollbackInfo, completeTime, deploymentStatusMessages = [] } = deployment
  const error = errorInformation === undefined ? '' : `, ${errorInformation.code}: ${errorInformation.message}`
  const rollback = rollbackInfo?.rollbackMessage
  const waits = completeTime === undefined ? deploymentStatusMessages : []
  return [
    `  ${status}${error}`,
    ...(rollback === undefined ? [] : [`  ${rollback}`]),
    ...waits.map((text) => `  ${text}`),
  ].map((text) => wrapped(text, 2))
}

function next({ deployment, target }: ShownDeployment): readonly string[] {
  const { deploymentId: id, status, rollbackInfo, instanceTerminationWaitTimeStarted: isKept } = deployment
  // Whoever is rolled back is not rolled back once more, and a blue that is being terminated cannot be gone back to.
  const isOneWay = isTerminatingBlue(target) || deployment.creator === 'codeDeployRollback'
  switch (status) {
    case 'Created':
    case 'Queued':
    case 'InProgress':
      return columns([
        ...(isKept === true && !isOneWay ? [[`teal continue ${id}`, 'terminate the original task set now']] : []),
        [`teal watch ${id}`, 'how it goes'],
        ...(isOneWay ? [] : [[`teal stop ${id} --rollback`, 'back to the original task set']]),
      ])
    case 'Ready':
      return columns([
        [`teal continue ${id}`, 'shift production traffic'],
        [`teal stop ${id} --rollback`, 'back to the original task set'],
      ])
    case 'Failed':
    case 'Stopped':
      return rollbackInfo?.rollbackDeploymentId === undefined
        ? [
            wrapped(
              '  Nothing was rolled back: task sets and weights are as shown above. Deploy a revision that works:',
              2,
            ),
            `  aws deploy create-deployment --application-name ${deployment.applicationName} …`,
          ]
        : columns([[`teal deployment ${rollbackInfo.rollbackDeploymentId}`, 'how the rollback went']])
    case undefined:
    case 'Baking':
    case 'Succeeded':
      return columns([['teal deployments', 'all deployments']])
  }
}
