import { isTerminal } from '../domain/deployment.ts'
import type { Deployment } from '../domain/deployment.ts'
import { parseArn } from '../domain/identifiers.ts'
import { isOver } from '../domain/service-deployment.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import type { CountedTraffic } from '../domain/traffic-account.ts'
import { listenerOfRule } from './rule-traffic.ts'
import type { Store } from './store.ts'

/** A deployment as far as the recorder has to know it, whoever does it. */
export type WatchedDeployment = {
  /** CodeDeploy's id, or the ARN of a service deployment. */
  readonly id: string
  readonly isOver: boolean
  readonly endedAt: number | undefined
  readonly region: string
  readonly counted: CountedTraffic
  /** The listener or rule whose weights are written down. */
  readonly route: string
  readonly alarmNames: readonly string[]
  /** What it is about: the names of target groups, and keys of the store. */
  readonly subjects: readonly string[]
}

/** Undefined where there is none of this id, or it is not decided yet what it will be about. */
export function watchedDeployment(store: Store, id: string): WatchedDeployment | undefined {
  const deployment = store.deployments.get(id)
  if (deployment !== undefined) return ofCodeDeploy(store, deployment)
  const serviceDeployment = store.serviceDeployments.get(id)
  return serviceDeployment && ofService(store, serviceDeployment)
}

function ofCodeDeploy(store: Store, deployment: Deployment): WatchedDeployment {
  const { deploymentId, region, group, alarmConfiguration, status, completeTime } = deployment
  const { targetGroupNames, prodListenerArn, testListenerArn } = group.targetGroupPair
  const targetGroups = targetGroupNames
    .flatMap((name) => store.targetGroups.named(name))
    .filter(({ targetGroupArn }) => targetGroupArn.split(':')[3] === region)
    .map(({ name, targetGroupArn }) => ({ name, targetGroupArn }))
  const all = alarmConfiguration?.alarms.map(({ name }) => name) ?? []
  const listeners = [prodListenerArn, ...(testListenerArn === undefined ? [] : [testListenerArn])]
  return {
    id: deploymentId,
    isOver: isTerminal(status),
    endedAt: completeTime,
    region,
    counted: { prodListenerArn, targetGroups, ...(testListenerArn === undefined ? {} : { testListenerArn }) },
    route: prodListenerArn,
    alarmNames: alarmConfiguration?.enabled === true ? all : [],
    subjects: [...targetGroupNames, ...listeners, ...all.map((name) => `${region}/${name}`)],
  }
}

/** A listener may serve others by other rules: of its requests those to the pair are this deployment's. */
function ofService(store: Store, deployment: ServiceDeployment): WatchedDeployment | undefined {
  const { serviceDeploymentArn, serviceArn, plan, finishedAt, alarms } = deployment
  if (plan === undefined) return undefined
  const region = parseArn(serviceArn)?.region ?? ''
  const { blue, green, prodListenerArn: route, testListenerArn: testRoute } = plan
  const testListenerArn = testRoute === undefined ? undefined : listenerOfRule(store, testRoute)
  const prodListenerArn = listenerOfRule(store, route) ?? route
  const targetGroups = [blue, green].map((side) => ({
    name: side.targetGroupName,
    targetGroupArn: side.targetGroupArn,
  }))
  const alarmNames = alarms?.alarmNames ?? []
  return {
    id: serviceDeploymentArn,
    isOver: isOver(deployment),
    endedAt: finishedAt,
    region,
    counted: {
      prodListenerArn,
      targetGroups,
      ...(testListenerArn === undefined ? {} : { testListenerArn }),
      isOfPairOnly: true,
    },
    route,
    alarmNames,
    subjects: [
      ...targetGroups.map(({ name }) => name),
      prodListenerArn,
      route,
      ...(testListenerArn === undefined ? [] : [testListenerArn]),
      ...alarmNames.map((name) => `${region}/${name}`),
    ],
  }
}
