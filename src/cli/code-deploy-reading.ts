import type { DeploymentGroupInfo, DeploymentInfo, ECSTarget, TrafficRoutingConfig } from '@aws-sdk/client-codedeploy'
import { codeDeployView } from '../view/code-deploy-view.ts'
import type { DeploymentView } from '../view/deployment-view.ts'
import type { SeenCodeDeploy } from '../view/seen-code-deploy.ts'
import { hasFailed } from '../view/surroundings.ts'
import type { AwsClients } from './aws-clients.ts'
import { CliError } from './exit-code.ts'
import { containerLogLines } from './container-log.ts'
import { stoppedTasksOf, SurroundingsReading } from './surroundings-reading.ts'
import { deploymentTargetOf } from './deployment-target.ts'

/** Reads a deployment of CodeDeploy, again and again. */
export class CodeDeployReading {
  readonly #clients: AwsClients
  readonly #deploymentId: string
  #surroundings: SurroundingsReading | undefined
  #group: DeploymentGroupInfo | undefined
  #routing: TrafficRoutingConfig | undefined

  constructor(clients: AwsClients, deploymentId: string) {
    this.#clients = clients
    this.#deploymentId = deploymentId
  }

  async view(): Promise<DeploymentView> {
    return codeDeployView(await this.seen())
  }

  async seen(): Promise<SeenCodeDeploy> {
    const deployment = await this.#deployment()
    const target = await deploymentTargetOf(this.#clients, this.#deploymentId)
    await this.#readOnce(deployment)
    const since = (deployment.startTime ?? deployment.createTime ?? new Date()).getTime()
    this.#surroundings ??= new SurroundingsReading(this.#clients, since)
    const { cluster, service } = this.#service(target)
    const surroundings = await this.#surroundings.read({
      cluster,
      service,
      targetGroups: targetGroupNames(deployment),
      alarmNames: alarmNames(deployment, this.#group),
      until: deployment.completeTime?.getTime(),
    })
    const seen = { ...surroundings, deployment, target, group: this.#group, routing: this.#routing }
    if (deployment.status !== 'Failed' && deployment.status !== 'Stopped') return seen
    return { ...seen, ...(await this.#remains({ cluster, service }, target)) }
  }

  async #deployment(): Promise<DeploymentInfo> {
    const { GetDeploymentCommand } = await import('@aws-sdk/client-codedeploy')
    const { deploymentInfo } = await this.#clients.codeDeploy.send(
      new GetDeploymentCommand({ deploymentId: this.#deploymentId }),
    )
    if (deploymentInfo !== undefined) return deploymentInfo
    throw new CliError(`${this.#clients.endpoint()} answers nothing about ${this.#deploymentId}.`)
  }

  /** The group may be gone when the deployment is looked at later. */
  async #readOnce({ applicationName, deploymentGroupName, deploymentConfigName }: DeploymentInfo): Promise<void> {
    const { GetDeploymentConfigCommand, GetDeploymentGroupCommand } = await import('@aws-sdk/client-codedeploy')
    const { codeDeploy } = this.#clients
    const group = new GetDeploymentGroupCommand({ applicationName, deploymentGroupName })
    const config = new GetDeploymentConfigCommand({ deploymentConfigName })
    this.#group ??= (await codeDeploy.send(group).catch(nothingThere))?.deploymentGroupInfo
    this.#routing ??= (await codeDeploy.send(config).catch(nothingThere))?.deploymentConfigInfo?.trafficRoutingConfig
  }

  #service(target: ECSTarget | undefined): { readonly cluster: string; readonly service: string } {
    const [service] = this.#group?.ecsServices ?? []
    const [cluster = '', name = ''] = (target?.targetId ?? '').split(':')
    return { cluster: service?.clusterName ?? cluster, service: service?.serviceName ?? name }
  }

  /** What is left of green: tasks that have ended, and what they wrote last. */
  async #remains(
    { cluster, service }: { readonly cluster: string; readonly service: string },
    target: ECSTarget | undefined,
  ): Promise<Pick<SeenCodeDeploy, 'stoppedTasks' | 'logLines'>> {
    const startedBy = target?.taskSetsInfo?.find(({ taskSetLabel }) => taskSetLabel === 'Green')?.identifer
    if (startedBy === undefined) return { stoppedTasks: [], logLines: [] }
    const stopped = await stoppedTasksOf(this.#clients, { cluster, service })
    const stoppedTasks = stopped.filter((task) => task.startedBy === startedBy)
    const failed = stoppedTasks.find(hasFailed)
    return { stoppedTasks, logLines: failed === undefined ? [] : await containerLogLines(this.#clients, failed) }
  }
}

function nothingThere(error: unknown): undefined {
  if (error instanceof Error && /DoesNotExist/.test(error.name)) return undefined
  throw error
}

function targetGroupNames({ loadBalancerInfo }: DeploymentInfo): readonly string[] {
  const pairs = loadBalancerInfo?.targetGroupPairInfoList ?? []
  return pairs.flatMap(({ targetGroups = [] }) =>
    targetGroups.flatMap(({ name }) => (name === undefined ? [] : [name])),
  )
}

/** Those the deployment was given, or the group's. */
function alarmNames(
  { overrideAlarmConfiguration }: DeploymentInfo,
  group: DeploymentGroupInfo | undefined,
): readonly string[] {
  const { enabled, alarms = [] } = overrideAlarmConfiguration ?? group?.alarmConfiguration ?? {}
  return enabled === true ? alarms.flatMap(({ name }) => (name === undefined ? [] : [name])) : []
}
