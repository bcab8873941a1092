import type { Application, DeploymentGroup } from '../../src/domain/code-deploy.ts'
import { arn } from '../../src/domain/identifiers.ts'
import type { Listener, TargetGroup } from '../../src/domain/load-balancer.ts'
import type { Service } from '../../src/domain/service.ts'
import type { ContainerDefinition, TaskDefinition } from '../../src/domain/task-definition.ts'
import { aTargetGroup } from '../../test/world/a-service.ts'
import type { NewTaskSet } from '../../src/engine/engine.ts'
import type { Store } from '../../src/engine/store.ts'

const place = { region: 'us-east-1', accountId: '000000000000' }
const clusterArn = arn.cluster(place, 'bench')
const loadBalancerArn = arn.loadBalancer(place, 'bench', '0123456789abcdef')
export const applicationName = 'bench'
/** Of the one task definition, what runs first and what is deployed. */
const runningDefinition = arn.taskDefinition(place, 'bench', 1)
export const nextDefinition = arn.taskDefinition(place, 'bench', 2)

export type TownPlan = {
  readonly services: number
  readonly tasksPerService: number
  /** Configured minutes of a canary, and of the wait before the old task set goes. */
  readonly waitInMinutes: number
  /** The first port of the listeners; 0 gives them ports that nobody opens. */
  readonly firstPort: number
  readonly container: Partial<ContainerDefinition>
}

export function deploymentGroupName(index: number): string {
  return `service-${index}`
}

/** Writes an account into a store: services behind one load balancer, with a listener and a deployment group each. */
export function furnish(store: Store, plan: TownPlan, now: number): readonly NewTaskSet[] {
  return store.transaction(() => {
    putShared(store, plan, now)
    return Array.from({ length: plan.services }, (_, index) => putService(store, plan, index, now))
  })
}

function putShared(store: Store, { container }: TownPlan, now: number): void {
  store.clusters.put(clusterArn, {
    clusterArn,
    clusterName: 'bench',
    status: 'ACTIVE',
    createdAt: now,
    tags: {},
    recorded: {},
  })
  store.loadBalancers.put(loadBalancerArn, {
    loadBalancerArn,
    name: 'bench',
    createdTime: now,
    scheme: 'internet-facing',
    ipAddressType: 'ipv4',
    subnets: ['subnet-1'],
    securityGroups: [],
    attributes: {},
    tags: {},
  })
  for (const taskDefinitionArn of [runningDefinition, nextDefinition]) {
    store.taskDefinitions.put(taskDefinitionArn, taskDefinition(taskDefinitionArn, container, now))
  }
  store.applications.put(`${place.region}/${applicationName}`, {
    applicationId: 'bench',
    applicationName,
    region: place.region,
    computePlatform: 'ECS',
    createTime: now,
    tags: {},
  } satisfies Application)
}

function putService(store: Store, plan: TownPlan, index: number, now: number): NewTaskSet {
  const name = deploymentGroupName(index)
  const [blue, green] = [targetGroup(`blue-${index}`, index, 1), targetGroup(`green-${index}`, index, 2)]
  const listener = listenerOf(index, plan.firstPort + index, blue.targetGroupArn)
  const service = serviceOf(name, plan.tasksPerService, blue.targetGroupArn, now)
  store.targetGroups.put(blue.targetGroupArn, blue)
  store.targetGroups.put(green.targetGroupArn, green)
  store.listeners.put(listener.listenerArn, listener)
  store.services.put(service.serviceArn, service)
  const group = groupOf(plan, name, [blue.name, green.name], listener.listenerArn)
  store.deploymentGroups.put(`${place.region}/${applicationName}/${name}`, group)
  return {
    taskSetId: `ecs-svc/1${String(index).padStart(18, '0')}`,
    serviceArn: service.serviceArn,
    taskDefinition: runningDefinition,
    loadBalancers: service.loadBalancers,
    scalePercent: 100,
    status: 'PRIMARY',
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: [], assignPublicIp: 'DISABLED' },
    },
  }
}

function taskDefinition(
  taskDefinitionArn: string,
  container: Partial<ContainerDefinition>,
  registeredAt: number,
): TaskDefinition {
  return {
    taskDefinitionArn,
    family: 'bench',
    revision: Number(taskDefinitionArn.split(':').at(-1)),
    status: 'ACTIVE',
    registeredAt,
    registeredBy: 'bench',
    networkMode: 'awsvpc',
    containerDefinitions: [
      {
        name: 'web',
        image: 'bench:1',
        essential: true,
        environment: [],
        portMappings: [{ containerPort: 80, protocol: 'tcp' }],
        stopTimeout: 2,
        cpu: 0,
        recorded: {},
        ...container,
      },
    ],
    requiresCompatibilities: [],
    compatibilities: [],
    tags: {},
    recorded: {},
  }
}

function targetGroup(name: string, index: number, side: number): TargetGroup {
  const targetGroupArn = arn.targetGroup(place, name, `${side}${String(index).padStart(15, '0')}`)
  return aTargetGroup({
    targetGroupArn,
    name,
    attributes: { 'deregistration_delay.timeout_seconds': '10' },
  })
}

function listenerOf(index: number, port: number, targetGroupArn: string): Listener {
  const listenerArn = arn.listener(loadBalancerArn, String(index).padStart(16, '0'))
  return {
    listenerArn,
    loadBalancerArn,
    port,
    protocol: 'HTTP',
    defaultActions: [{ type: 'forward', targetGroups: [{ targetGroupArn, weight: 1 }] }],
    attributes: {},
    tags: {},
    defaultRuleArn: arn.rule(listenerArn, 'default'),
  }
}

function serviceOf(serviceName: string, desiredCount: number, targetGroupArn: string, createdAt: number): Service {
  return {
    serviceArn: arn.service(clusterArn, serviceName),
    serviceName,
    clusterArn,
    status: 'ACTIVE',
    deploymentController: 'CODE_DEPLOY',
    desiredCount,
    loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 80 }],
    launchType: 'FARGATE',
    healthCheckGracePeriodSeconds: 0,
    createdAt,
    createdBy: 'bench',
    tags: {},
    recorded: {},
  }
}

function groupOf(
  { waitInMinutes }: TownPlan,
  name: string,
  targetGroupNames: readonly [string, string],
  prodListenerArn: string,
): DeploymentGroup {
  return {
    deploymentGroupId: `group-of-${name}`,
    deploymentGroupName: name,
    applicationName,
    region: place.region,
    tags: {},
    deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent5Minutes',
    serviceRoleArn: 'arn:aws:iam::000000000000:role/codedeploy',
    ecsService: { serviceName: name, clusterName: 'bench' },
    targetGroupPair: { targetGroupNames, prodListenerArn },
    deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 },
    terminateBlueInstances: { action: 'TERMINATE', terminationWaitTimeInMinutes: waitInMinutes },
    autoRollbackConfiguration: { enabled: false, events: [] },
    outdatedInstancesStrategy: 'UPDATE',
  }
}
