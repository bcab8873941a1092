import {
  DeploymentNotStartedException,
  GetDeploymentCommand,
  GetDeploymentTargetCommand,
} from '@aws-sdk/client-codedeploy'
import type { ECSTarget, ECSTaskSet, LifecycleEvent } from '@aws-sdk/client-codedeploy'
import { setTimeout as delay } from 'node:timers/promises'
import { healthyTargets, name } from './surroundings.ts'
import type { Clients, LoadBalancing } from './surroundings.ts'
import { seconds } from './text.ts'

const lookMilliseconds = 100
/** Where the reasons of events stand, after the time, the event and how long it took. */
const reasonColumn = 39

export type DeploymentOutcome = {
  readonly deploymentId: string
  readonly status: string
  readonly error?: string
  readonly createdAt: number
  readonly completedAt: number
  readonly events: readonly EventOutcome[]
}

/** Times are epoch milliseconds; an event that never began has none. */
type EventOutcome = {
  readonly event: string
  readonly status: string
  readonly beganAt?: number
  readonly endedAt?: number
  readonly reason?: string
}

/** Follows a deployment to its end, and says whenever something about it has changed. */
export async function watchDeployment(
  clients: Clients,
  { deploymentId, loadBalancing, say }: Watched,
): Promise<DeploymentOutcome> {
  const said = new Set<string>()
  const sayOnce = (text: string, column?: number): void => {
    if (!said.has(text)) say(text, column)
    said.add(text)
  }
  let saidTraffic = ''
  for (;;) {
    // The deployment is read first: when it says that it has ended, what is read after it is complete.
    const { deploymentInfo } = await clients.codeDeploy.send(new GetDeploymentCommand({ deploymentId }))
    const target = await targetOf(clients, deploymentId)
    const events = (target?.lifecycleEvents ?? []).map(eventOutcome)
    for (const event of events) if (event.endedAt !== undefined) sayOnce(eventLine(event), reasonColumn)
    const traffic = await trafficLine(clients, loadBalancing, target?.taskSetsInfo ?? [])
    if (traffic !== saidTraffic) say(traffic)
    saidTraffic = traffic
    if (deploymentInfo?.instanceTerminationWaitTimeStarted === true) {
      sayOnce('Version 2 has all traffic; version 1 is kept for one minute, then ended')
    }
    const { status = '', errorInformation, createTime, completeTime } = deploymentInfo ?? {}
    if (['Succeeded', 'Failed', 'Stopped'].includes(status)) {
      return {
        deploymentId,
        status,
        ...(errorInformation === undefined ? {} : { error: `${errorInformation.code}: ${errorInformation.message}` }),
        createdAt: createTime?.getTime() ?? 0,
        completedAt: completeTime?.getTime() ?? 0,
        events,
      }
    }
    await delay(lookMilliseconds)
  }
}

type Watched = {
  readonly deploymentId: string
  readonly loadBalancing: LoadBalancing
  readonly say: (text: string, column?: number) => void
}

/** Undefined as long as the deployment has not started. */
async function targetOf({ codeDeploy }: Clients, deploymentId: string): Promise<ECSTarget | undefined> {
  const targetId = `${name}:${name}`
  try {
    const { deploymentTarget } = await codeDeploy.send(new GetDeploymentTargetCommand({ deploymentId, targetId }))
    return deploymentTarget?.ecsTarget
  } catch (error) {
    if (error instanceof DeploymentNotStartedException) return undefined
    throw error
  }
}

function eventOutcome({ lifecycleEventName, status, startTime, endTime, diagnostics }: LifecycleEvent): EventOutcome {
  return {
    event: lifecycleEventName ?? '',
    status: status ?? '',
    ...(startTime === undefined ? {} : { beganAt: startTime.getTime() }),
    ...(endTime === undefined ? {} : { endedAt: endTime.getTime() }),
    ...(diagnostics?.message === undefined ? {} : { reason: diagnostics.message }),
  }
}

function eventLine({ event, status, beganAt = 0, endedAt = 0, reason }: EventOutcome): string {
  const took = seconds(endedAt - beganAt).padStart(7)
  const outcome = reason ?? 'The AppSpec names no hook for it.'
  return `${event.padEnd(21)} ${took}  ${status === 'Succeeded' ? '' : `${status}: `}${outcome}`
}

async function trafficLine(
  clients: Clients,
  { blueArn, greenArn }: LoadBalancing,
  taskSets: readonly ECSTaskSet[],
): Promise<string> {
  const side = async (label: 'Blue' | 'Green', targetGroupArn: string): Promise<string> => {
    const weight = taskSets.find(({ taskSetLabel }) => taskSetLabel === label)?.trafficWeight ?? 0
    return `${label.toLowerCase()} ${weight} % of traffic, ${await healthyTargets(clients, targetGroupArn)} healthy`
  }
  return `  ${await side('Blue', blueArn)} · ${await side('Green', greenArn)}`
}
