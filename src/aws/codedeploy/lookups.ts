import { AwsError } from '../../domain/aws-error.ts'
import { applicationKey, type Application, type DeploymentGroup } from '../../domain/code-deploy.ts'
import type { Deployment } from '../../domain/deployment.ts'
import type { Store } from '../../engine/store.ts'
import type { Call } from '../handlers.ts'
import { checkedApplicationName, checkedDeploymentGroupName, checkedDeploymentId } from './names.ts'

/** Where a call is looking: each region has applications of its own. */
export type Here = { readonly store: Store; readonly call: Pick<Call, 'region' | 'accountId'> }

export function deploymentGroupKey(region: string, applicationName: string, deploymentGroupName: string): string {
  return `${region}/${applicationName}/${deploymentGroupName}`
}

/** @throws AwsError ApplicationNameRequired-, InvalidApplicationName- or ApplicationDoesNotExistException */
export function applicationNamed({ store, call }: Here, name: string | undefined): Application {
  const application = store.applications.get(applicationKey(call.region, checkedApplicationName(name)))
  if (application !== undefined) return application
  throw new AwsError('ApplicationDoesNotExistException', `No application found for name: ${name}`)
}

/** @throws AwsError as for the application, and the same three for the group */
export function deploymentGroupNamed(
  here: Here,
  applicationName: string | undefined,
  deploymentGroupName: string | undefined,
): DeploymentGroup {
  const application = applicationNamed(here, applicationName)
  const name = checkedDeploymentGroupName(deploymentGroupName)
  const group = here.store.deploymentGroups.get(deploymentGroupKey(here.call.region, application.applicationName, name))
  if (group !== undefined) return group
  throw new AwsError('DeploymentGroupDoesNotExistException', `No Deployment Group found for name: ${name}`)
}

export function deploymentGroupsOf({ store, call }: Here, applicationName: string): readonly DeploymentGroup[] {
  return store.deploymentGroups
    .list()
    .filter((group) => group.region === call.region && group.applicationName === applicationName)
}

/** @throws AwsError DeploymentIdRequired-, InvalidDeploymentId- or DeploymentDoesNotExistException */
export function deploymentWithId(here: Here, id: string | undefined): Deployment {
  const deployment = findDeployment(here, checkedDeploymentId(id))
  if (deployment !== undefined) return deployment
  throw new AwsError(
    'DeploymentDoesNotExistException',
    `The deployment ${id} does not exist with the user or AWS account.`,
  )
}

export function findDeployment({ store, call }: Here, id: string): Deployment | undefined {
  const deployment = store.deployments.get(id)
  return deployment?.region === call.region ? deployment : undefined
}

/** A group's own deployments, newest first; not those of an earlier group of the same name. */
export function deploymentsOfGroup({ store }: Pick<Here, 'store'>, group: DeploymentGroup): readonly Deployment[] {
  return newestFirst(store.deployments.ofGroup(group.deploymentGroupId))
}

export function deploymentsInRegion({ store, call }: Here): readonly Deployment[] {
  return newestFirst(store.deployments.inRegion(call.region))
}

/** By a list of the store, which is another one after each change: the pages of a listing share one. */
const sorted = new WeakMap<readonly Deployment[], readonly Deployment[]>()

/** Of two deployments of the same millisecond the one that was kept later is newer. */
function newestFirst(deployments: readonly Deployment[]): readonly Deployment[] {
  const known = sorted.get(deployments)
  if (known !== undefined) return known
  const list = deployments.toReversed().toSorted((one, other) => other.createTime - one.createTime)
  sorted.set(deployments, list)
  return list
}

export function lastSuccessful(deploymentsNewestFirst: readonly Deployment[]): Deployment | undefined {
  return deploymentsNewestFirst.find(({ status }) => status === 'Succeeded')
}

/** Batch calls take a limited number of names or ids. @throws AwsError BatchLimitExceededException */
export function checkBatch(
  names: readonly unknown[],
  { limit, member }: { readonly limit: number; readonly member: string },
) {
  if (names.length <= limit) return
  throw new AwsError(
    'BatchLimitExceededException',
    `${member} has ${names.length} entries; ${limit} are allowed in one call. Ask for them in several calls.`,
  )
}

export function dateOf(milliseconds: number): Date
export function dateOf(milliseconds: number | undefined): Date | undefined
export function dateOf(milliseconds: number | undefined): Date | undefined {
  return milliseconds === undefined ? undefined : new Date(milliseconds)
}
