import { AppSpecError } from '../domain/app-spec.ts'
import type { AppSpec } from '../domain/app-spec.ts'
import { completedStrategy } from '../domain/capacity-provider.ts'
import { appSpecOfRevision, type EcsServiceName } from '../domain/code-deploy.ts'
import type { Deployment, DeploymentPlan, PlannedTaskSet } from '../domain/deployment.ts'
import { arn, lastPart } from '../domain/identifiers.ts'
import type { Place } from '../domain/identifiers.ts'
import type { TargetGroup } from '../domain/load-balancer.ts'
import type { Service, TaskSet } from '../domain/service.ts'
import { createHash } from 'node:crypto'
import { parseAppSpec } from './app-spec-text.ts'
import { failed, refusedByEcs, targetGroupGone } from './deployment-failure.ts'
import type { StepTools } from './deployment-steps.ts'
import type { Store } from './store.ts'

/**
 * Decides everything a deployment will do before it changes anything: which task set is blue, which target group green
 * gets, what green is made of. Roles follow the live service: the group that is not the PRIMARY's is green's, so they
 * swap with every deployment.
 */
export function planDeployment({ store, settings }: StepTools, deployment: Deployment): DeploymentPlan {
  const place = { region: deployment.region, accountId: settings.accountId }
  const appSpec = appSpecOf(deployment)
  const service = serviceNamed(store, place, deployment.group.ecsService)
  const { blue, green } = pairOf(store, place, deployment, service)
  const { prodListenerArn, testListenerArn } = deployment.group.targetGroupPair
  const networkConfiguration = appSpec.networkConfiguration ?? service.networkConfiguration
  return {
    serviceArn: service.serviceArn,
    blue,
    green,
    prodListenerArn,
    ...(testListenerArn === undefined ? {} : { testListenerArn }),
    hooks: appSpec.hooks,
    install: {
      taskDefinition: taskDefinitionArn(store, place, appSpec.taskDefinition),
      loadBalancer: {
        targetGroupArn: green.targetGroupArn,
        containerName: appSpec.containerName,
        containerPort: appSpec.containerPort,
      },
      ...launchOf(appSpec, service),
      ...(networkConfiguration === undefined ? {} : { networkConfiguration }),
    },
  }
}

type Launch = Pick<DeploymentPlan['install'], 'launchType' | 'platformVersion' | 'capacityProviderStrategy'>

/**
 * To CodeDeploy the AppSpec alone says by which capacity providers: a deployment whose AppSpec names none takes the service
 * back to its launch type, whatever strategy it had (aws/containers-roadmap issues 695 and 1752). Nor is the service's
 * platform version taken: without one in the AppSpec it is LATEST, as CodeDeploy's user guide says.
 */
function launchOf(appSpec: AppSpec, service: Service): Launch {
  const capacityProviderStrategy = completedStrategy(appSpec.capacityProviderStrategy)
  // Every provider there is here is one of Fargate.
  const launchType = capacityProviderStrategy === undefined ? service.launchType : 'FARGATE'
  const platformVersion = appSpec.platformVersion ?? (launchType === 'FARGATE' ? 'LATEST' : undefined)
  return {
    launchType,
    ...(platformVersion === undefined ? {} : { platformVersion }),
    ...(capacityProviderStrategy === undefined ? {} : { capacityProviderStrategy }),
  }
}

/** The service a deployment group names, by name or ARN, or undefined. */
export function findService(store: Store, place: Place, { serviceName, clusterName }: EcsServiceName) {
  const clusterArn = clusterName.startsWith('arn:') ? clusterName : arn.cluster(place, clusterName)
  return store.services.get(arn.service(clusterArn, lastPart(serviceName)))
}

export function primaryTaskSet(store: Store, serviceArn: string): TaskSet | undefined {
  return store.taskSets.list().find((taskSet) => taskSet.serviceArn === serviceArn && taskSet.status === 'PRIMARY')
}

function appSpecOf({ revision }: Deployment): AppSpec {
  const stored = appSpecOfRevision(revision)
  if (stored.kind === 'unusable') throw failed(stored.code, stored.message)
  return parsed(stored.content)
}

function parsed(content: string): AppSpec {
  try {
    return parseAppSpec(content)
  } catch (error) {
    if (error instanceof AppSpecError) throw failed('INVALID_REVISION', error.message)
    throw error
  }
}

function serviceNamed(store: Store, place: Place, name: EcsServiceName): Service {
  const service = findService(store, place, name)
  if (service?.status === 'ACTIVE' && service.deploymentController === 'CODE_DEPLOY') return service
  if (service?.status === 'ACTIVE') {
    throw failed(
      'INVALID_ECS_SERVICE',
      "Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller.",
    )
  }
  throw failed(
    'INVALID_ECS_SERVICE',
    `Could not load ECS service information for cluster: ${lastPart(name.clusterName)}, service: ` +
      `${lastPart(name.serviceName)}. Cause: ${service === undefined ? 'Service not found.' : `The service is ${service.status}.`}`,
  )
}

function pairOf(
  store: Store,
  place: Place,
  { deploymentId, group }: Deployment,
  service: Service,
): { readonly blue: PlannedTaskSet; readonly green: PlannedTaskSet } {
  const primary = primaryTaskSet(store, service.serviceArn)
  if (primary === undefined) {
    throw failed('INVALID_ECS_SERVICE', `Service ${service.serviceName} has no PRIMARY task set to replace.`)
  }
  const pair = group.targetGroupPair.targetGroupNames.map((name) => targetGroupNamed(store, place, name))
  const bound = new Set(primary.loadBalancers.map(({ targetGroupArn }) => targetGroupArn))
  const blue = pair.find(({ targetGroupArn }) => bound.has(targetGroupArn))
  const green = pair.find(({ targetGroupArn }) => !bound.has(targetGroupArn))
  if (blue === undefined || green === undefined) {
    throw failed(
      'ELASTIC_LOAD_BALANCING_INVALID',
      `The PRIMARY task set ${primary.taskSetId} is in target group ${[...bound].map(targetGroupName).join(', ') || '(none)'}, ` +
        `which is not one of the deployment group's pair ${group.targetGroupPair.targetGroupNames.join(', ')}.`,
    )
  }
  return {
    blue: { taskSetId: primary.taskSetId, targetGroupArn: blue.targetGroupArn, targetGroupName: blue.name },
    green: {
      taskSetId: greenTaskSetId(deploymentId),
      targetGroupArn: green.targetGroupArn,
      targetGroupName: green.name,
    },
  }
}

function targetGroupNamed(store: Store, { region }: Place, name: string): TargetGroup {
  const group = store.targetGroups
    .list()
    .find((candidate) => candidate.name === name && candidate.targetGroupArn.split(':')[3] === region)
  if (group !== undefined) return group
  throw targetGroupGone(name)
}

/** Same deployment, same id: a task set that was created just before a crash is found, not made again. */
function greenTaskSetId(deploymentId: string): string {
  const digest = createHash('sha256').update(deploymentId).digest('hex')
  return `ecs-svc/${(BigInt(`0x${digest}`) % 10n ** 18n).toString().padStart(18, '0').padStart(19, '9')}`
}

/** An ARN, `family:revision`, or a family, which means its latest ACTIVE revision. */
function taskDefinitionArn(store: Store, place: Place, text: string): string {
  if (text.startsWith('arn:')) return text
  const [family = '', revision] = text.split(':')
  if (revision !== undefined) {
    if (!/^[1-9]\d{0,8}$/.test(revision)) throw refusedByEcs(`Invalid revision number. Number: ${revision}`)
    return arn.taskDefinition(place, family, Number(revision))
  }
  const latest = store.taskDefinitions
    .list()
    .filter((candidate) => candidate.family === family && candidate.status === 'ACTIVE')
    .filter((candidate) => candidate.taskDefinitionArn.split(':')[3] === place.region)
    .toSorted((one, other) => other.revision - one.revision)[0]
  return latest?.taskDefinitionArn ?? arn.taskDefinition(place, family, 0)
}

/** `arn:…:targetgroup/NAME/ID` → NAME */
function targetGroupName(targetGroupArn: string): string {
  return targetGroupArn.split('/')[1] ?? targetGroupArn
}
