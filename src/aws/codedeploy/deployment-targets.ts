import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import { isTerminal, type Deployment } from '../../domain/deployment.ts'
import { arn, lastPart } from '../../domain/identifiers.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Call, Handlers } from '../handlers.ts'
import { deploymentTarget, targetIdOf, targetStatus } from './deployment-info.ts'
import { serviceOf } from './ecs-service.ts'
import { deploymentWithId, type Here } from './lookups.ts'
import { quoted } from './names.ts'
import { page } from './pages.ts'

/** The targets of deployments: for ECS, each has one, its service. */
export function deploymentTargetHandlers(engine: Engine) {
  const { store } = engine
  return {
    GetDeploymentTarget({ deploymentId, targetId }, call) {
      const deployment = begunDeployment({ store, call }, deploymentId)
      checkTargetId(deployment, targetId)
      return { deploymentTarget: targetOf(engine, call, deployment) }
    },

    BatchGetDeploymentTargets({ deploymentId, targetIds }, call) {
      const deployment = begunDeployment({ store, call }, deploymentId)
      if (targetIds.length > 1) {
        throw new AwsError(
          'DeploymentTargetListSizeExceededException',
          `targetIds has ${targetIds.length} entries; for an ECS deployment exactly one is allowed, CLUSTER:SERVICE.`,
        )
      }
      checkTargetId(deployment, targetIds[0])
      return { deploymentTargets: [targetOf(engine, call, deployment)] }
    },

    ListDeploymentTargets({ deploymentId, targetFilters, nextToken }, call) {
      const deployment = begunDeployment({ store, call }, deploymentId)
      const statuses = statusFilter(targetFilters)
      const targetIds =
        statuses === undefined || statuses.includes(targetStatus(deployment)) ? [targetIdOf(deployment)] : []
      const { items, nextToken: next } = page(targetIds, { list: 'deploymentTargets', keyOf: (id) => id, nextToken })
      return { targetIds: items, nextToken: next }
    },
  } satisfies Handlers<typeof sdk>
}

/** @throws AwsError DeploymentNotStartedException before it is InProgress */
export function begunDeployment(here: Here, deploymentId: string | undefined): Deployment {
  const deployment = deploymentWithId(here, deploymentId)
  if (deployment.startTime !== undefined || isTerminal(deployment.status)) return deployment
  throw new AwsError(
    'DeploymentNotStartedException',
    `The deployment ${deployment.deploymentId} is ${deployment.status} and has not started yet. Ask again in a moment.`,
  )
}

function checkTargetId(deployment: Deployment, targetId: string | undefined): void {
  const expected = targetIdOf(deployment)
  if (targetId === expected) return
  if (targetId === undefined || targetId === '') {
    throw new AwsError(
      'DeploymentTargetIdRequiredException',
      `A deployment target ID must be provided; it is ${expected}.`,
    )
  }
  const code = /^[^:]+:[^:]+$/.test(targetId)
    ? 'DeploymentTargetDoesNotExistException'
    : 'InvalidDeploymentTargetIdException'
  throw new AwsError(
    code,
    `The deployment ${deployment.deploymentId} has no target ${quoted(targetId)}. The target of an ECS deployment is ` +
      `CLUSTER:SERVICE, here ${expected}.`,
  )
}

function targetOf(engine: Engine, call: Call, deployment: Deployment) {
  return deploymentTarget(deployment, {
    targetArn: deployment.plan?.serviceArn ?? serviceArnOf({ store: engine.store, call }, deployment),
    taskSets: engine.deployments.taskSets(deployment),
  })
}

/** Also of a service that is gone, or never was there. */
function serviceArnOf(here: Here, { group: { ecsService } }: Deployment): string {
  const known = serviceOf(here, ecsService)?.serviceArn
  if (known !== undefined) return known
  return arn.service(arn.cluster(here.call, lastPart(ecsService.clusterName)), lastPart(ecsService.serviceName))
}

const targetStatuses: readonly string[] = [
  'Pending',
  'InProgress',
  'Succeeded',
  'Failed',
  'Skipped',
  'Unknown',
  'Ready',
] satisfies readonly sdk.TargetStatus[]

function statusFilter(filters: sdk.ListDeploymentTargetsInput['targetFilters']): readonly string[] | undefined {
  for (const name of Object.keys(filters ?? {})) {
    if (name === 'TargetStatus') continue
    throw new AwsError(
      'InvalidTargetFilterNameException',
      name === 'ServerInstanceLabel'
        ? 'For ECS deployment, the target filter ServerInstanceLabel can not be specified. Filter by TargetStatus.'
        : `There is no target filter ${quoted(name)}. Filter by TargetStatus.`,
    )
  }
  const statuses = filters?.TargetStatus
  const unknown = statuses?.find((status) => !targetStatuses.includes(status))
  if (unknown === undefined) return statuses
  throw new AwsError(
    'InvalidInstanceStatusException',
    `${quoted(unknown)} is not a status of a target. It can be ${targetStatuses.join(', ')}.`,
  )
}
