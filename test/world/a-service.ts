import { arn } from '../../src/domain/identifiers.ts'
import type { Service, TaskSet } from '../../src/domain/service.ts'
import type { TaskDefinition } from '../../src/domain/task-definition.ts'
import type { Task } from '../../src/domain/task.ts'
import type { TargetGroup } from '../../src/domain/load-balancer.ts'

const place = { region: 'us-east-1', accountId: '000000000000' }
const clusterArn = arn.cluster(place, 'prod')
export const serviceArn = arn.service(clusterArn, 'web')
export const targetGroupArn = arn.targetGroup(place, 'web-blue', '0000000000000001')
export const taskSetId = 'ecs-svc/1000000000000000001'
export const taskSetArn = arn.taskSet(serviceArn, taskSetId)

/** Service `web` in cluster `prod`, of two tasks, under the CODE_DEPLOY controller. */
export function aService(wishes: Partial<Service> = {}): Service {
  return {
    serviceArn,
    serviceName: 'web',
    clusterArn,
    status: 'ACTIVE',
    deploymentController: 'CODE_DEPLOY',
    desiredCount: 2,
    loadBalancers: [],
    launchType: 'FARGATE',
    healthCheckGracePeriodSeconds: 0,
    createdAt: 0,
    createdBy: 'test',
    tags: {},
    recorded: {},
    ...wishes,
  }
}

export function aTaskSet(wishes: Partial<TaskSet> = {}): TaskSet {
  return {
    taskSetId,
    taskSetArn,
    serviceArn,
    clusterArn,
    status: 'PRIMARY',
    taskDefinition: arn.taskDefinition(place, 'web', 1),
    scalePercent: 100,
    loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 80 }],
    launchType: 'FARGATE',
    createdAt: 0,
    updatedAt: 0,
    stabilityStatus: 'STABILIZING',
    stabilityStatusAt: 0,
    failures: { consecutive: 0, total: 0, nextStartAt: 0 },
    tags: {},
    ...wishes,
  }
}

/** A task of that task set, RUNNING since the beginning of time. */
export function aTask(taskId: string, wishes: Partial<Task> = {}): Task {
  return {
    taskArn: arn.task(clusterArn, taskId),
    taskId,
    clusterArn,
    serviceArn,
    taskSetId,
    taskDefinitionArn: arn.taskDefinition(place, 'web', 1),
    desiredStatus: 'RUNNING',
    lastStatus: 'RUNNING',
    containers: [
      {
        name: 'web',
        containerArn: arn.container(clusterArn, taskId, 'c'),
        image: 'web:1',
        essential: true,
        lastStatus: 'RUNNING',
        cpu: 0,
      },
    ],
    endpoints: [],
    group: 'service:web',
    startedBy: taskSetId,
    launchType: 'FARGATE',
    createdAt: 0,
    startedAt: 0,
    version: 1,
    tags: {},
    ...wishes,
  }
}

/** One essential container `web` on port 80, which has 30 seconds to stop. */
export function aTaskDefinition(wishes: Partial<TaskDefinition> = {}): TaskDefinition {
  return {
    taskDefinitionArn: arn.taskDefinition(place, 'web', 1),
    family: 'web',
    revision: 1,
    status: 'ACTIVE',
    registeredAt: 0,
    registeredBy: 'test',
    networkMode: 'awsvpc',
    containerDefinitions: [
      {
        name: 'web',
        image: 'web:1',
        essential: true,
        environment: [],
        portMappings: [{ containerPort: 80, protocol: 'tcp' }],
        cpu: 0,
        recorded: {},
      },
    ],
    requiresCompatibilities: [],
    compatibilities: [],
    tags: {},
    recorded: {},
    ...wishes,
  }
}

/** `web-blue`, whose targets are checked every five seconds; it has none. */
export function aTargetGroup(wishes: Partial<TargetGroup> = {}): TargetGroup {
  return {
    targetGroupArn,
    name: 'web-blue',
    protocol: 'HTTP',
    protocolVersion: 'HTTP1',
    port: 80,
    targetType: 'ip',
    ipAddressType: 'ipv4',
    healthCheck: {
      enabled: true,
      path: '/',
      port: 'traffic-port',
      intervalSeconds: 5,
      timeoutSeconds: 2,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
      matcher: '200',
    },
    attributes: {},
    targets: [],
    tags: {},
    ...wishes,
  }
}
