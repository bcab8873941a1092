import assert from 'node:assert/strict'
import type { AlarmState } from '../../src/domain/alarm.ts'
import { arn } from '../../src/domain/identifiers.ts'
import type { Listener, LoadBalancer, TargetGroup } from '../../src/domain/load-balancer.ts'
import type { Service } from '../../src/domain/service.ts'
import type { Store } from '../../src/engine/store.ts'
import { aService, aTargetGroup, aTaskDefinition } from './a-service.ts'
import type { Behaviour } from './simulated-machine.ts'

const place = { region: 'us-east-1', accountId: '000000000000' }
const loadBalancerArn = arn.loadBalancer(place, 'web', '0123456789abcdef')

/** The ARNs of what a furnished world has: service `web` in cluster `prod` behind a production and a test listener. */
export const names = {
  clusterArn: arn.cluster(place, 'prod'),
  serviceArn: arn.service(arn.cluster(place, 'prod'), 'web'),
  blueArn: arn.targetGroup(place, 'web-blue', '0000000000000001'),
  greenArn: arn.targetGroup(place, 'web-green', '0000000000000002'),
  prodListenerArn: arn.listener(loadBalancerArn, '000000000000000a'),
  testListenerArn: arn.listener(loadBalancerArn, '000000000000000b'),
  taskDefinition: (revision: number) => arn.taskDefinition(place, 'web', revision),
} as const

/** Writes a whole account into a store: what the calls of a set-up script would have left there. */
export function furnish(
  store: Store,
  { desiredCount, now }: { readonly desiredCount: number; readonly now: number },
): void {
  store.transaction(() => {
    store.loadBalancers.put(loadBalancerArn, loadBalancer(now))
    store.targetGroups.put(names.blueArn, targetGroup('web-blue', names.blueArn))
    store.targetGroups.put(names.greenArn, targetGroup('web-green', names.greenArn))
    store.listeners.put(names.prodListenerArn, listener(names.prodListenerArn, 80))
    store.listeners.put(names.testListenerArn, listener(names.testListenerArn, 8080))
    store.clusters.put(names.clusterArn, {
      clusterArn: names.clusterArn,
      clusterName: 'prod',
      status: 'ACTIVE',
      createdAt: now,
      tags: {},
      recorded: {},
    })
    putTaskDefinition(store, 1, 'good')
    store.services.put(names.serviceArn, service(desiredCount, now))
  })
}

export function putTaskDefinition(store: Store, revision: number, behaviour: Behaviour): void {
  const [container] = aTaskDefinition().containerDefinitions
  assert(container !== undefined, 'a task definition has a container')
  const taskDefinition = aTaskDefinition({
    taskDefinitionArn: names.taskDefinition(revision),
    revision,
    containerDefinitions: [{ ...container, image: `web-${revision}:${behaviour}`, stopTimeout: 2 }],
  })
  store.taskDefinitions.put(taskDefinition.taskDefinitionArn, taskDefinition)
}

/** The one alarm of the world. */
export const alarmName = 'too-many-errors'

export function putAlarm(store: Store, stateValue: AlarmState): void {
  store.alarms.put(`${place.region}/${alarmName}`, {
    alarmName,
    alarmArn: `arn:aws:cloudwatch:${place.region}:${place.accountId}:alarm:${alarmName}`,
    region: place.region,
    stateValue,
    stateReason: `It was set to ${stateValue}.`,
    stateUpdatedAt: 0,
    configuredAt: 0,
    settings: {
      namespace: 'AWS/ApplicationELB',
      metricName: 'HTTPCode_Target_5XX_Count',
      dimensions: [],
      statistic: 'Sum',
      periodSeconds: 60,
      evaluationPeriods: 1,
      datapointsToAlarm: 1,
      threshold: 1,
      comparisonOperator: 'GreaterThanThreshold',
      treatMissingData: 'notBreaching',
      actionsEnabled: true,
      alarmActions: [],
      okActions: [],
      insufficientDataActions: [],
      tags: {},
    },
  })
}

/** The service's first task set, as CreateService makes it. */
export function firstTaskSet(desiredTaskSetId = 'ecs-svc/1000000000000000001') {
  return {
    taskSetId: desiredTaskSetId,
    serviceArn: names.serviceArn,
    taskDefinition: names.taskDefinition(1),
    loadBalancers: [{ targetGroupArn: names.blueArn, containerName: 'web', containerPort: 80 }],
    scalePercent: 100,
    status: 'PRIMARY',
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: [], assignPublicIp: 'DISABLED' },
    },
  } as const
}

function loadBalancer(now: number): LoadBalancer {
  return {
    loadBalancerArn,
    name: 'web',
    createdTime: now,
    scheme: 'internet-facing',
    ipAddressType: 'ipv4',
    subnets: ['subnet-1'],
    securityGroups: [],
    attributes: {},
    tags: {},
  }
}

function targetGroup(name: string, targetGroupArn: string): TargetGroup {
  return aTargetGroup({
    targetGroupArn,
    name,
    attributes: { 'deregistration_delay.timeout_seconds': '10' },
  })
}

function listener(listenerArn: string, port: number): Listener {
  return {
    listenerArn,
    loadBalancerArn,
    port,
    protocol: 'HTTP',
    defaultActions: [{ type: 'forward', targetGroups: [{ targetGroupArn: names.blueArn, weight: 1 }] }],
    attributes: {},
    tags: {},
    defaultRuleArn: arn.rule(listenerArn, 'default'),
  }
}

function service(desiredCount: number, createdAt: number): Service {
  const loadBalancers = [{ targetGroupArn: names.blueArn, containerName: 'web', containerPort: 80 }]
  return aService({ desiredCount, loadBalancers, createdAt })
}
