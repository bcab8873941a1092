import { applicationKey } from '../../domain/code-deploy.ts'
import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { Application, DeploymentGroup, Revision } from '../../domain/code-deploy.ts'
import { pendingLifecycleEvents } from '../../domain/deployment-progress.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { lastPart } from '../../domain/identifiers.ts'
import type { Engine } from '../../engine/engine.ts'
import { readAppSpec } from '../../engine/revision-bundle.ts'
import type { Call, Handlers } from '../handlers.ts'
import { ecsTrafficRouting } from './deployment-configs.ts'
import { settingsOf } from './group-settings.ts'
import { deploymentGroupKey, deploymentsOfGroup, lastSuccessful, type Here } from './lookups.ts'
import { checkedApplicationName, checkedDeploymentGroupName, checkedDescription } from './names.ts'
import { readRevisionLocation } from './revision-location.ts'
import { registerRevision, withText } from './revisions.ts'
import { readAlarms, readAutoRollback } from './rollback-and-alarms.ts'

/** CreateDeployment: checks everything that AWS checks before it answers, and leaves the rest to the deployment itself. */
export function createDeploymentHandler(engine: Engine) {
  const { store, deployments } = engine
  return {
    async CreateDeployment(input, call) {
      const here = { store, call }
      const { named } = asked(here, input)
      const appSpec = named.revisionType === 'S3' ? await readAppSpec(engine.objects, named.s3Location) : undefined
      // Nothing is waited for from here on, so that two calls at once do not both find the group idle.
      const { application, group } = asked(here, input)
      const registered = withText(here, application, named)
      const revision =
        appSpec !== undefined && registered.revisionType === 'S3' ? { ...registered, appSpec } : registered
      refuseServerMembers(input)
      const deployment = newDeployment(engine, call, { group, revision, input })
      refuseWhileRunning(engine, group)
      const now = deployment.createTime
      registerRevision(here, application, revision, { registerTime: now, firstUsedTime: now, lastUsedTime: now })
      deployments.create(deployment)
      return { deploymentId: deployment.deploymentId }
    },
  } satisfies Handlers<typeof sdk>
}

function asked(here: Here, input: CreateInput & { readonly applicationName: string }) {
  const application = knownApplication(here, input.applicationName)
  const group = knownGroup(here, application, input.deploymentGroupName)
  return { application, group, named: readRevisionLocation(input.revision) }
}

/** AWS words an unknown application differently here than anywhere else. */
function knownApplication({ store, call }: Here, applicationName: string | undefined): Application {
  const name = checkedApplicationName(applicationName)
  const application = store.applications.get(applicationKey(call.region, name))
  if (application !== undefined) return application
  throw new AwsError(
    'ApplicationDoesNotExistException',
    `Applications not found for ${call.accountId}: there is no application ${name} in ${call.region}.`,
  )
}

function knownGroup({ store, call }: Here, { applicationName }: Application, groupName: string | undefined) {
  const name = checkedDeploymentGroupName(groupName)
  const group = store.deploymentGroups.get(deploymentGroupKey(call.region, applicationName, name))
  if (group !== undefined) return group
  throw new AwsError('DeploymentGroupDoesNotExistException', `No Deployment Group found for name: ${name}`)
}

type CreateInput = Omit<sdk.CreateDeploymentInput, 'applicationName'>

/** Members for instances; those which say nothing (`false`, empty) are accepted. */
function refuseServerMembers(input: CreateInput): void {
  const { targetInstances: instances } = input
  const isTargeted =
    [instances?.tagFilters, instances?.autoScalingGroups, instances?.ec2TagSet?.ec2TagSetList].flat().filter(Boolean)
      .length > 0
  const present: readonly [string, string, boolean][] = [
    ['targetInstances', 'InvalidTargetInstancesException', isTargeted],
    ['fileExistsBehavior', 'InvalidFileExistsBehaviorException', input.fileExistsBehavior !== undefined],
    [
      'updateOutdatedInstancesOnly',
      'InvalidUpdateOutdatedInstancesOnlyValueException',
      input.updateOutdatedInstancesOnly === true,
    ],
    [
      'ignoreApplicationStopFailures',
      'InvalidIgnoreApplicationStopFailuresValueException',
      input.ignoreApplicationStopFailures === true,
    ],
    ['deploymentMode RESTART', 'InvalidInputException', input.deploymentMode === 'RESTART'],
  ]
  for (const [member, code, isPresent] of present) {
    if (isPresent) throw new AwsError(code, `For Lambda, ECS and Kubernetes deployment, ${member} can not be specified`)
  }
}

type Asked = { readonly group: DeploymentGroup; readonly revision: Revision; readonly input: CreateInput }

function newDeployment(engine: Engine, call: Call, { group, revision, input }: Asked): Deployment {
  const { store, clock } = engine
  const deploymentConfigName = input.deploymentConfigName ?? group.deploymentConfigName
  const trafficRouting = ecsTrafficRouting({ store, call }, deploymentConfigName)
  const description = checkedDescription(input.description)
  const { autoRollbackConfiguration: autoRollback, overrideAlarmConfiguration: alarms } = input
  const autoRollbackConfiguration = autoRollback ? readAutoRollback(autoRollback) : group.autoRollbackConfiguration
  const override = alarms === undefined ? undefined : readAlarms('overrideAlarmConfiguration', alarms)
  const alarmConfiguration = override ?? group.alarmConfiguration
  const previousRevision = lastSuccessful(deploymentsOfGroup({ store }, group))?.revision
  const withTestListener = group.targetGroupPair.testListenerArn !== undefined
  const now = clock.now()
  return {
    deploymentId: newDeploymentId(engine),
    region: call.region,
    applicationName: group.applicationName,
    deploymentGroupName: group.deploymentGroupName,
    deploymentConfigName,
    trafficRouting,
    group: { ...settingsOf(group), deploymentGroupId: group.deploymentGroupId },
    autoRollbackConfiguration,
    ...(alarmConfiguration === undefined ? {} : { alarmConfiguration }),
    ...(override === undefined ? {} : { overridesAlarms: true }),
    revision,
    ...(previousRevision === undefined ? {} : { previousRevision }),
    ...(description === undefined ? {} : { description }),
    creator: 'user',
    createTime: now,
    status: 'Created',
    instanceTerminationWaitTimeStarted: false,
    lifecycleEvents: pendingLifecycleEvents({ withTestListener }),
    lastUpdatedAt: now,
    continued: [],
    pastPointOfNoReturn: false,
  }
}

/** `d-` and nine upper-case letters or digits, of no other deployment. */
function newDeploymentId({ store, chance }: Engine): string {
  const signs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
  for (;;) {
    const text = Array.from({ length: 9 }, () => signs.charAt(Math.floor(chance.random() * signs.length))).join('')
    if (!store.deployments.has(`d-${text}`)) return `d-${text}`
  }
}

function refuseWhileRunning({ deployments, store }: Engine, group: DeploymentGroup): void {
  const running = deployments.running(group) ?? runningOnService(store, group)
  if (running === undefined) return
  throw new AwsError(
    'DeploymentLimitExceededException',
    `The Deployment Group '${running.deploymentGroupName}' already has an active Deployment '${running.deploymentId}'`,
  )
}

/** A group can be deleted, or given another service, while its deployment runs; the service still has only one. */
function runningOnService({ deployments }: Engine['store'], { region, ecsService }: DeploymentGroup) {
  return deployments.runningIn(region).find((deployment) => {
    const other = deployment.group.ecsService
    return (
      lastPart(other.serviceName) === lastPart(ecsService.serviceName) &&
      lastPart(other.clusterName) === lastPart(ecsService.clusterName)
    )
  })
}
