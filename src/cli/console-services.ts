import type { Service, TaskSet } from '@aws-sdk/client-ecs'
import type { TargetHealthDescription } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { DeploymentRow, ServiceSide, ServiceView } from '../console/views.ts'
import { shortArn } from '../view/words.ts'
import type { AwsClients } from './aws-clients.ts'
import { forwardsTo } from './forwards.ts'
import { targetGroupsOf } from './status.ts'

/** A service as it is now, without what CloudWatch knows: that costs for each look. */
export async function serviceOnConsole(
  clients: AwsClients,
  service: Service,
  {
    lastDeployment,
    prodListenerArn,
  }: { readonly lastDeployment: DeploymentRow | undefined; readonly prodListenerArn: string | undefined },
): Promise<ServiceView> {
  const { serviceArn = '', serviceName = '', clusterArn, desiredCount = 0, runningCount = 0 } = service
  const arns = targetGroupsOf(service)
  const [forwards, targets] = await Promise.all([
    forwardsTo(clients, arns),
    Promise.all(arns.map((arn) => targetsOf(clients, arn))),
  ])
  const production = prodListenerArn ?? productionRule(service)
  const weights = (forwards.find(({ of }) => of.includes(production ?? '')) ?? forwards[0])?.weights ?? {}
  const all = Object.values(weights).reduce((sum, each) => sum + each, 0)
  const sides = arns
    .map((arn, place) =>
      sideOf(service, {
        arn,
        targets: targets[place] ?? [],
        weight: all === 0 ? 0 : Math.round(((weights[arn] ?? 0) / all) * 1_000) / 10,
      }),
    )
    .toSorted((one, other) => one.side.localeCompare(other.side))
  return {
    arn: serviceArn,
    name: serviceName,
    cluster: shortArn(clusterArn) ?? '',
    region: serviceArn.split(':')[3] ?? '',
    controller: controllerOf(service),
    desiredCount,
    runningCount,
    sides,
    listeners: [],
    lastDeployment,
  }
}

/** Of a service that ECS itself deploys: AWS marks no listener as production's, but the service names its rule. */
function productionRule({ loadBalancers = [] }: Service): string | undefined {
  return loadBalancers[0]?.advancedConfiguration?.productionListenerRule
}

/** Of CodeDeploy: the deployment that made what runs now, or that is under way. */
export function lastCodeDeployment({ taskSets = [] }: Service): string | undefined {
  return newestFirst(taskSets)[0]?.externalId
}

function newestFirst(taskSets: readonly TaskSet[]): readonly TaskSet[] {
  return taskSets.toSorted((one, other) => Number(other.createdAt) - Number(one.createdAt))
}

type SeenSide = { readonly arn: string; readonly targets: readonly TargetHealthDescription[]; readonly weight: number }

/** Green is what the last deployment brought; without task sets, what has traffic. */
function sideOf({ taskSets = [], taskDefinition }: Service, { arn, targets, weight }: SeenSide): ServiceSide {
  const of = (set: TaskSet): boolean => (set.loadBalancers ?? []).some(({ targetGroupArn }) => targetGroupArn === arn)
  const [newest] = newestFirst(taskSets)
  const own = taskSets.find(of)
  const runs = own?.taskDefinition ?? (taskSets.length === 0 && targets.length > 0 ? taskDefinition : undefined)
  const isGreen = newest === undefined ? weight > 0 : newest.externalId !== undefined && of(newest)
  return {
    side: isGreen ? 'green' : 'blue',
    targetGroup: arn.split('/').at(-2) ?? arn,
    taskDefinition: shortArn(runs),
    weight,
    healthy: targets.filter(({ TargetHealth }) => TargetHealth?.State === 'healthy').length,
    targets: targets.length,
    requestsPerSecond: undefined,
    failuresPerSecond: undefined,
  }
}

async function targetsOf({ elb }: AwsClients, TargetGroupArn: string): Promise<readonly TargetHealthDescription[]> {
  const { DescribeTargetHealthCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  return (await elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }))).TargetHealthDescriptions ?? []
}

function controllerOf({ deploymentController, deploymentConfiguration }: Service): string {
  if (deploymentController?.type === 'CODE_DEPLOY') return 'CodeDeploy'
  if (deploymentController?.type === 'EXTERNAL') return 'external'
  return `ECS ${(deploymentConfiguration?.strategy ?? 'ROLLING').toLowerCase().replace('_', '/')}`
}
