import { isDeepStrictEqual } from 'node:util'
import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { DeploymentGroup, DeploymentGroupSettings } from '../../domain/code-deploy.ts'
import { primaryTaskSet } from '../../engine/deployment-plan.ts'
import type { Engine } from '../../engine/engine.ts'
import { servesTargetGroup, shiftTraffic } from '../../engine/traffic-route.ts'
import type { Handlers } from '../handlers.ts'
import { deploymentGroupInfo } from './deployment-group-info.ts'
import { serviceOf } from './ecs-service.ts'
import { newSettings, updatedSettings } from './group-settings.ts'
import { findTargetGroup } from './load-balancer-info.ts'
import {
  applicationNamed,
  checkBatch,
  deploymentGroupKey,
  deploymentGroupNamed,
  deploymentGroupsOf,
  type Here,
} from './lookups.ts'
import { checkedApplicationName, checkedDeploymentGroupName } from './names.ts'
import { page } from './pages.ts'
import { checkedTags } from './tags.ts'

/** Deployment groups: which service is deployed how, behind which listeners. */
export function deploymentGroupHandlers(engine: Engine) {
  return { ...deploymentGroupChanges(engine), ...deploymentGroupQueries(engine) }
}

function deploymentGroupChanges(engine: Engine) {
  const { store, chance } = engine
  return {
    async CreateDeploymentGroup({ applicationName, deploymentGroupName, tags, ...input }, call) {
      const here = { store, call }
      const application = applicationNamed(here, applicationName)
      const name = checkedDeploymentGroupName(deploymentGroupName)
      refuseTaken(here, application.applicationName, name)
      const settings = newSettings(here, input)
      const given = checkedTags(tags ?? [])
      checkGroupCount(here, application.applicationName)
      const deploymentGroupId = chance.uuid()
      store.deploymentGroups.put(deploymentGroupKey(call.region, application.applicationName, name), {
        ...settings,
        deploymentGroupId,
        deploymentGroupName: name,
        applicationName: application.applicationName,
        region: call.region,
        tags: given,
      })
      await putPairBehindListener(engine, here, settings)
      return { deploymentGroupId }
    },

    async UpdateDeploymentGroup(input, call) {
      const here = { store, call }
      const { applicationName, currentDeploymentGroupName, newDeploymentGroupName, ...changes } = input
      const group = deploymentGroupNamed(here, applicationName, currentDeploymentGroupName)
      const newName = checkedDeploymentGroupName(newDeploymentGroupName ?? group.deploymentGroupName)
      if (newName !== group.deploymentGroupName) refuseTaken(here, group.applicationName, newName)
      const settings = updatedSettings(here, group, changes)
      store.transaction(() => replace(here, group, { ...group, ...settings, deploymentGroupName: newName }))
      if (movesTraffic(group, settings)) await putPairBehindListener(engine, here, settings)
      return { hooksNotCleanedUp: [] }
    },

    /** A deployment that is running goes on to its end. */
    DeleteDeploymentGroup({ applicationName, deploymentGroupName }, call) {
      const application = checkedApplicationName(applicationName)
      const name = checkedDeploymentGroupName(deploymentGroupName)
      store.deploymentGroups.delete(deploymentGroupKey(call.region, application, name))
      return { hooksNotCleanedUp: [] }
    },
  } satisfies Handlers<typeof sdk>
}

function deploymentGroupQueries({ store }: Engine) {
  return {
    GetDeploymentGroup({ applicationName, deploymentGroupName }, call) {
      const group = deploymentGroupNamed({ store, call }, applicationName, deploymentGroupName)
      return { deploymentGroupInfo: deploymentGroupInfo(store, group) }
    },

    BatchGetDeploymentGroups({ applicationName, deploymentGroupNames }, call) {
      const application = applicationNamed({ store, call }, applicationName)
      checkBatch(deploymentGroupNames, { limit: 100, member: 'deploymentGroupNames' })
      if (deploymentGroupNames.length === 0) checkedDeploymentGroupName(undefined)
      const names = deploymentGroupNames.map(checkedDeploymentGroupName)
      const groups = deploymentGroupsOf({ store, call }, application.applicationName)
      const found = names.map((name) => groups.find((group) => group.deploymentGroupName === name))
      const unknown = names.filter((_, index) => found[index] === undefined)
      return {
        deploymentGroupsInfo: found.flatMap((group) =>
          group === undefined ? [] : [deploymentGroupInfo(store, group)],
        ),
        errorMessage: unknown.length === 0 ? undefined : `No Deployment Group found for name: ${unknown.join(', ')}`,
      }
    },

    ListDeploymentGroups({ applicationName, nextToken }, call) {
      const application = applicationNamed({ store, call }, applicationName)
      const groups = deploymentGroupsOf({ store, call }, application.applicationName)
      const { items, nextToken: next } = page(
        groups.map(({ deploymentGroupName }) => deploymentGroupName),
        { list: `deploymentGroups of ${application.applicationName}`, keyOf: (name) => name, nextToken },
      )
      return { applicationName: application.applicationName, deploymentGroups: items, nextToken: next }
    },
  } satisfies Handlers<typeof sdk>
}

function refuseTaken({ store, call }: Here, applicationName: string, name: string): void {
  if (!store.deploymentGroups.has(deploymentGroupKey(call.region, applicationName, name))) return
  throw new AwsError(
    'DeploymentGroupAlreadyExistsException',
    `The deployment group ${name} already exists in application ${applicationName}.`,
  )
}

function checkGroupCount(here: Here, applicationName: string): void {
  if (deploymentGroupsOf(here, applicationName).length < 1000) return
  throw new AwsError(
    'DeploymentGroupLimitExceededException',
    `Application ${applicationName} has 1000 deployment groups already, and no more are allowed. Delete one.`,
  )
}

/** The group's deployments follow it to its new name. */
function replace({ store, call }: Here, before: DeploymentGroup, after: DeploymentGroup): void {
  const { applicationName, deploymentGroupName } = before
  const renamed = deploymentGroupName !== after.deploymentGroupName
  if (renamed) store.deploymentGroups.delete(deploymentGroupKey(call.region, applicationName, deploymentGroupName))
  store.deploymentGroups.put(deploymentGroupKey(call.region, applicationName, after.deploymentGroupName), after)
  for (const deployment of renamed ? store.deployments.ofGroup(before.deploymentGroupId) : []) {
    store.deployments.put(deployment.deploymentId, { ...deployment, deploymentGroupName: after.deploymentGroupName })
  }
}

/** Whether the group is now about another service, listener or pair; any other update leaves the listeners as they are. */
function movesTraffic(before: DeploymentGroupSettings, after: DeploymentGroupSettings): boolean {
  return !(
    isDeepStrictEqual(before.ecsService, after.ecsService) &&
    isDeepStrictEqual(before.targetGroupPair, after.targetGroupPair)
  )
}

/**
 * As CodeDeploy does when it gets a group: the production listener, where it forwards to the PRIMARY task set's group,
 * becomes a weighted forward over the pair, so that the other group is health-checked before it gets traffic.
 * A listener that a deployment is working on is left to it.
 */
async function putPairBehindListener(engine: Engine, here: Here, settings: DeploymentGroupSettings): Promise<void> {
  const { store } = engine
  const { prodListenerArn: listenerArn, targetGroupNames } = settings.targetGroupPair
  const isBusy = store.deployments
    .runningIn(here.call.region)
    .some(({ group }) => group.targetGroupPair.prodListenerArn === listenerArn)
  const service = serviceOf(here, settings.ecsService)
  if (isBusy || service === undefined) return
  const inUse = primaryTaskSet(store, service.serviceArn)?.loadBalancers ?? service.loadBalancers
  const pair = targetGroupNames.map((name) => findTargetGroup(here, name)?.targetGroupArn)
  const primary = pair.find((targetGroupArn) => inUse.some((one) => one.targetGroupArn === targetGroupArn))
  const other = pair.find((targetGroupArn) => targetGroupArn !== primary)
  if (primary === undefined || other === undefined || !servesTargetGroup(store, listenerArn, primary)) return
  await shiftTraffic(engine, {
    listenerArn,
    weights: [
      { targetGroupArn: primary, weight: 100 },
      { targetGroupArn: other, weight: 0 },
    ],
  })
}
