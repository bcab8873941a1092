import { createHash } from 'node:crypto'
import { strategyInAppSpec } from '../domain/app-spec.ts'
import { pendingLifecycleEvents } from '../domain/deployment-progress.ts'
import { applicationKey, revisionKey } from '../domain/code-deploy.ts'
import type { Revision } from '../domain/code-deploy.ts'
import type { Deployment } from '../domain/deployment.ts'
import { arn } from '../domain/identifiers.ts'
import type { Engine } from './engine.ts'

/**
 * The deployment that returns traffic to blue: a deployment of its own, all at once, without hooks or waits, created when
 * the one it undoes ends. Its id follows from the other's, so that it is created once however often that end is performed.
 */
export function rollbackOf({ store }: Pick<Engine, 'store'>, failed: Deployment, at: number): Deployment {
  const deploymentId = rollbackId(failed.deploymentId)
  const { testListenerArn } = failed.group.targetGroupPair
  return {
    deploymentId,
    region: failed.region,
    applicationName: failed.applicationName,
    deploymentGroupName: failed.deploymentGroupName,
    deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    trafficRouting: { type: 'AllAtOnce' },
    group: failed.group,
    autoRollbackConfiguration: { enabled: false, events: [] },
    revision: failed.previousRevision ?? originalRevision({ store }, failed),
    ...(failed.previousRevision === undefined ? {} : { previousRevision: failed.previousRevision }),
    creator: 'codeDeployRollback',
    createTime: at,
    status: 'Created',
    rollbackInfo: {
      rollbackTriggeringDeploymentId: failed.deploymentId,
      rollbackMessage: `Deployment ${deploymentId} is triggered to roll back deployment ${failed.deploymentId}.`,
    },
    instanceTerminationWaitTimeStarted: false,
    lifecycleEvents: pendingLifecycleEvents({ withTestListener: testListenerArn !== undefined }),
    lastUpdatedAt: at,
    ...(failed.plan === undefined ? {} : { plan: failed.plan }),
    continued: [],
    pastPointOfNoReturn: false,
  }
}

/** Whoever asks for the revision that GetDeployment names has to find it, also one that was written for the rollback. */
export function registerRevisionOf({ store }: Pick<Engine, 'store'>, rollback: Deployment): void {
  const { region, applicationName, revision, createTime } = rollback
  const key = revisionKey(region, applicationName, revision)
  if (store.revisions.has(key) || !store.applications.has(applicationKey(region, applicationName))) return
  const times = { registerTime: createTime, firstUsedTime: createTime, lastUsedTime: createTime }
  store.revisions.put(key, { applicationName, region, revision, ...times })
}

/** The deployment that ended, with its link to the one that rolls it back. */
export function linked(failed: Deployment, { deploymentId }: Deployment): Deployment {
  return {
    ...failed,
    rollbackInfo: {
      rollbackDeploymentId: deploymentId,
      rollbackMessage: `Deployment ${failed.deploymentId} terminated. Automatic rollback is triggered with a DeploymentId ${deploymentId}.`,
    },
  }
}

/** `d-` and nine upper-case letters or digits. */
function rollbackId(deploymentId: string): string {
  const digest = createHash('sha256').update(`rollback of ${deploymentId}`).digest('hex')
  return `d-${BigInt(`0x${digest}`).toString(36).toUpperCase().slice(0, 9)}`
}

/**
 * A group's first deployment has no earlier revision to go back to: the original task set, written as an AppSpec, stands
 * for it (AWS does not document what it answers here).
 */
function originalRevision({ store }: Pick<Engine, 'store'>, { plan, revision }: Deployment): Revision {
  const blue = plan && store.taskSets.get(arn.taskSet(plan.serviceArn, plan.blue.taskSetId))
  const loadBalancer = blue?.loadBalancers[0]
  if (blue === undefined || loadBalancer === undefined) return revision
  const content = JSON.stringify({
    version: '0.0',
    Resources: [
      {
        TargetService: {
          Type: 'AWS::ECS::Service',
          Properties: {
            TaskDefinition: blue.taskDefinition,
            LoadBalancerInfo: { ContainerName: loadBalancer.containerName, ContainerPort: loadBalancer.containerPort },
            // JSON has no members that are undefined.
            PlatformVersion: blue.platformVersion,
            CapacityProviderStrategy: blue.capacityProviderStrategy && strategyInAppSpec(blue.capacityProviderStrategy),
          },
        },
      },
    ],
  })
  return { revisionType: 'AppSpecContent', content, sha256: createHash('sha256').update(content).digest('hex') }
}
