import type { DeploymentGroupInfo } from '@aws-sdk/client-codedeploy'
import type { Service } from '@aws-sdk/client-ecs'
import type { TrafficRouting } from '../domain/code-deploy.ts'
import { thingOf } from '../domain/preflight/facts.ts'
import type {
  AlarmFacts,
  AppSpecFacts,
  FunctionFacts,
  Looked,
  Named,
  PreflightFacts,
  ServiceFacts,
  TaskDefinitionFacts,
} from '../domain/preflight/facts.ts'
import { look } from './aws-clients.ts'
import type { AwsClients } from './aws-clients.ts'
import { groupFacts } from './deployment-group-access.ts'
import { taskDefinitionFacts } from './preflight-files.ts'
import type { FileFacts } from './preflight-files.ts'
import { lookAtListeners, lookAtLoadBalancers, lookAtTargetGroups } from './preflight-load-balancing.ts'
import { askHealth } from './preflight-health.ts'
import { strategyInUse } from './service-access.ts'

type LiveOptions = {
  readonly group: Looked<DeploymentGroupInfo>
  /** What the project's file says, for a group that is not there yet. */
  readonly planned?: DeploymentGroupInfo | undefined
  readonly mostMinutes: number | undefined
}

/** Looks at everything that is live, at once where nothing waits for another. */
export async function lookAtEverything(
  clients: AwsClients,
  files: FileFacts,
  { group, planned, mostMinutes }: LiveOptions,
): Promise<PreflightFacts> {
  const info = thingOf(group) ?? planned
  const settings = info === undefined ? undefined : groupFacts(info)
  const appSpec = thingOf(files.appSpec)
  const listenerArns = [settings?.prodListenerArn, settings?.testListenerArn].filter((arn) => arn !== undefined)
  const [
    region,
    taskDefinition,
    service,
    capacityProviders,
    trafficRouting,
    runningDeploymentId,
    targetGroups,
    listeners,
    functions,
    alarms,
  ] = await Promise.all([
    clients.region(),
    files.taskDefinition.kind === 'unasked' ? lookAtTaskDefinition(clients, appSpec) : files.taskDefinition,
    lookAtService(clients, info),
    lookAtCapacityProviders(clients, appSpec, info),
    lookAtRouting(clients, settings?.deploymentConfigName),
    info === undefined || info === planned ? undefined : runningDeployment(clients, info),
    lookAtTargetGroups(clients, settings?.targetGroupNames.filter(isFilledIn) ?? []),
    lookAtListeners(clients, [...new Set(listenerArns.filter(isFilledIn))]),
    lookAtFunctions(clients, appSpec),
    lookAtAlarms(clients, settings?.alarmNames ?? []),
  ])
  const loadBalancers = await lookAtLoadBalancers(clients, listeners)
  const facts: PreflightFacts = {
    region,
    appSpec: files.appSpec,
    taskDefinition,
    group: settings === undefined ? (group as Looked<never>) : { kind: 'found', thing: settings },
    ...(info !== undefined && info === planned ? { isGroupPlanned: true } : {}),
    trafficRouting,
    ...(runningDeploymentId === undefined ? {} : { runningDeploymentId }),
    service,
    capacityProviders,
    targetGroups,
    listeners,
    loadBalancers,
    functions,
    alarms,
    ...(mostMinutes === undefined ? {} : { mostMinutes }),
  }
  const healthAnswer = await askHealth(facts)
  return healthAnswer === undefined ? facts : { ...facts, healthAnswer }
}

/** Not so in a file whose placeholders are left to whoever creates what they stand for. */
function isFilledIn(name: string): boolean {
  return !/^<.*>$/.test(name)
}

async function lookAtTaskDefinition(
  clients: AwsClients,
  appSpec: AppSpecFacts | undefined,
): Promise<Looked<TaskDefinitionFacts>> {
  if (appSpec === undefined) return { kind: 'unasked' }
  const { DescribeTaskDefinitionCommand } = await import('@aws-sdk/client-ecs')
  return look(clients, async () => {
    const { taskDefinition } = await clients.ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: appSpec.taskDefinition }),
    )
    if (taskDefinition === undefined) return undefined
    const { family = '', revision, status = 'ACTIVE' } = taskDefinition
    const facts = taskDefinitionFacts(taskDefinition as Readonly<Record<string, unknown>>)
    return { ...facts, name: `${family}:${revision}`, status, readOnlyMembers: [] }
  }, ['ClientException'])
}

export async function lookAtService(
  clients: AwsClients,
  group: DeploymentGroupInfo | undefined,
): Promise<Looked<ServiceFacts>> {
  const [named] = group?.ecsServices ?? []
  if (named?.serviceName === undefined) return { kind: 'unasked' }
  const { clusterName, serviceName } = named
  const { DescribeServicesCommand } = await import('@aws-sdk/client-ecs')
  return look(clients, async () => {
    const { services } = await clients.ecs.send(
      new DescribeServicesCommand({ cluster: clusterName, services: [serviceName] }),
    )
    return services?.[0] === undefined ? undefined : serviceFacts(services[0])
  }, ['ClusterNotFoundException'])
}

async function lookAtCapacityProviders(
  clients: AwsClients,
  appSpec: AppSpecFacts | undefined,
  group: DeploymentGroupInfo | undefined,
): Promise<Looked<readonly string[]>> {
  const [named] = group?.ecsServices ?? []
  const { capacityProviderStrategy: strategy = [] } = appSpec ?? {}
  if (strategy.length === 0 || named?.clusterName === undefined) return { kind: 'unasked' }
  const { clusterName } = named
  const { DescribeClustersCommand } = await import('@aws-sdk/client-ecs')
  return look(clients, async () => {
    const { clusters } = await clients.ecs.send(new DescribeClustersCommand({ clusters: [clusterName] }))
    return clusters?.[0]?.capacityProviders
  }, ['ClusterNotFoundException'])
}

function serviceFacts(service: Service): ServiceFacts {
  const { taskSets = [], networkConfiguration, launchType } = service
  const arnsOf = ({ loadBalancers = [] }: (typeof taskSets)[number]): readonly string[] =>
    loadBalancers.flatMap(({ targetGroupArn }) => (targetGroupArn === undefined ? [] : [targetGroupArn]))
  const primary = taskSets.find(({ status }) => status === 'PRIMARY')
  const strategy = strategyInUse(service)
  return {
    serviceArn: service.serviceArn ?? '',
    serviceName: service.serviceName ?? '',
    status: service.status ?? '',
    deploymentController: service.deploymentController?.type ?? 'ECS',
    ...(launchType === undefined ? {} : { launchType }),
    ...(strategy.length === 0 ? {} : { capacityProviderStrategy: strategy }),
    desiredCount: service.desiredCount ?? 0,
    hasNetworkConfiguration: networkConfiguration?.awsvpcConfiguration !== undefined,
    ...(primary === undefined
      ? {}
      : {
          primary: {
            targetGroupArns: arnsOf(primary),
            taskDefinition: primary.taskDefinition ?? '',
            runningCount: primary.runningCount ?? 0,
          },
        }),
    boundTargetGroupArns: taskSets.flatMap(arnsOf),
  }
}

async function lookAtRouting(
  clients: AwsClients,
  deploymentConfigName: string | undefined,
): Promise<Looked<TrafficRouting>> {
  if (deploymentConfigName === undefined || deploymentConfigName === '') return { kind: 'unasked' }
  // What Terraform names on every group that names none; for ECS it is all at once.
  if (deploymentConfigName === 'CodeDeployDefault.OneAtATime') return { kind: 'found', thing: { type: 'AllAtOnce' } }
  const { GetDeploymentConfigCommand } = await import('@aws-sdk/client-codedeploy')
  return look(clients, async () => {
    const { deploymentConfigInfo } = await clients.codeDeploy.send(
      new GetDeploymentConfigCommand({ deploymentConfigName }),
    )
    if (deploymentConfigInfo?.computePlatform !== 'ECS') return undefined
    const { type, timeBasedCanary: canary, timeBasedLinear: linear } = deploymentConfigInfo.trafficRoutingConfig ?? {}
    if (type === 'TimeBasedCanary') {
      const { canaryPercentage = 0, canaryInterval = 0 } = canary ?? {}
      return { type, canaryPercentage, canaryInterval }
    }
    if (type !== 'TimeBasedLinear') return { type: 'AllAtOnce' } as const
    const { linearPercentage = 100, linearInterval = 0 } = linear ?? {}
    return { type, linearPercentage, linearInterval }
  }, ['DeploymentConfigDoesNotExistException'])
}

/** Undefined also where nobody may ask. */
export async function runningDeployment(
  clients: AwsClients,
  { applicationName, deploymentGroupName }: Pick<DeploymentGroupInfo, 'applicationName' | 'deploymentGroupName'>,
): Promise<string | undefined> {
  const { ListDeploymentsCommand } = await import('@aws-sdk/client-codedeploy')
  const looked = await look(clients, async () => {
    const { deployments } = await clients.codeDeploy.send(
      new ListDeploymentsCommand({
        applicationName,
        deploymentGroupName,
        includeOnlyStatuses: ['Created', 'Queued', 'InProgress', 'Baking', 'Ready'],
      }),
    )
    return deployments?.[0]
  })
  return thingOf(looked)
}

async function lookAtFunctions(
  clients: AwsClients,
  appSpec: AppSpecFacts | undefined,
): Promise<readonly Named<FunctionFacts>[]> {
  const names = [...new Set((appSpec?.hooks ?? []).map(({ functionName }) => functionName))]
  const { GetFunctionConfigurationCommand } = await import('@aws-sdk/client-lambda')
  const looks = names.map(async (name): Promise<Named<FunctionFacts>> => {
    const looked = await look(clients, async () => {
      const { FunctionArn, State, StateReason } = await clients.lambda.send(
        new GetFunctionConfigurationCommand({ FunctionName: name }),
      )
      return {
        functionArn: FunctionArn ?? name,
        ...(State === undefined ? {} : { state: State }),
        ...(StateReason === undefined ? {} : { stateReason: StateReason }),
      }
    }, ['ResourceNotFoundException'])
    return { name, looked }
  })
  return Promise.all(looks)
}

async function lookAtAlarms(clients: AwsClients, names: readonly string[]): Promise<readonly Named<AlarmFacts>[]> {
  if (names.length === 0) return []
  const { DescribeAlarmsCommand } = await import('@aws-sdk/client-cloudwatch')
  const looked = await look(clients, async () => {
    const { MetricAlarms = [], CompositeAlarms = [] } = await clients.cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [...names], AlarmTypes: ['MetricAlarm', 'CompositeAlarm'] }),
    )
    return [...MetricAlarms, ...CompositeAlarms]
  })
  return names.map((name): Named<AlarmFacts> => {
    if (looked.kind !== 'found') return { name, looked }
    const alarm = looked.thing.find(({ AlarmName }) => AlarmName === name)
    if (alarm === undefined) return { name, looked: { kind: 'absent' } }
    const { StateValue = '', StateReason } = alarm
    return {
      name,
      looked: {
        kind: 'found',
        thing: { state: StateValue, ...(StateReason === undefined ? {} : { reason: StateReason }) },
      },
    }
  })
}
