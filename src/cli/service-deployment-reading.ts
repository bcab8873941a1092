import type { ServiceDeployment, ServiceRevision } from '@aws-sdk/client-ecs'
import type { DeploymentView } from '../view/deployment-view.ts'
import { serviceDeploymentView, type SeenServiceDeployment } from '../view/service-deployment-view.ts'
import type { AwsClients } from './aws-clients.ts'
import { containerLogLines } from './container-log.ts'
import { CliError } from './exit-code.ts'
import { stoppedTasksOf, SurroundingsReading } from './surroundings-reading.ts'

/** Reads a deployment that ECS itself does, again and again. */
export class ServiceDeploymentReading {
  readonly #clients: AwsClients
  readonly #arn: string
  #surroundings: SurroundingsReading | undefined
  #revisions: readonly ServiceRevision[] = []
  /** ECS tells the stage it is in, not when it began: that is when it was first seen. */
  readonly #stageTimes = new Map<string, number>()
  #weight: { readonly percent: number; readonly since: number } | undefined

  constructor(clients: AwsClients, arn: string) {
    this.#clients = clients
    this.#arn = arn
  }

  async view(): Promise<DeploymentView> {
    return serviceDeploymentView(await this.seen())
  }

  async seen(): Promise<SeenServiceDeployment> {
    const deployment = await this.#deployment()
    const [cluster = '', service = ''] = this.#arn.split('/').slice(-3)
    await this.#readRevisions(deployment)
    const since = (deployment.startedAt ?? deployment.createdAt ?? new Date()).getTime()
    this.#surroundings ??= new SurroundingsReading(this.#clients, since)
    const surroundings = await this.#surroundings.read({
      cluster,
      service,
      targetGroups: [...new Set(this.#revisions.flatMap(targetGroupsOf))],
      alarmNames: deployment.alarms?.status === 'DISABLED' ? [] : (deployment.alarms?.alarmNames ?? []),
      until: deployment.finishedAt?.getTime(),
    })
    this.#remember(deployment, surroundings.at)
    const seen: SeenServiceDeployment = {
      ...surroundings,
      deployment,
      revisions: this.#revisions,
      stageTimes: Object.fromEntries(this.#stageTimes),
      weightSince: this.#weight?.since,
    }
    const hasFailed = deployment.finishedAt !== undefined && deployment.status !== 'SUCCESSFUL'
    return hasFailed ? { ...seen, ...(await this.#remains(cluster, service)) } : seen
  }

  async #deployment(): Promise<ServiceDeployment> {
    const { DescribeServiceDeploymentsCommand } = await import('@aws-sdk/client-ecs')
    const input = { serviceDeploymentArns: [this.#arn] }
    const { serviceDeployments = [] } = await this.#clients.ecs.send(new DescribeServiceDeploymentsCommand(input))
    if (serviceDeployments[0] !== undefined) return serviceDeployments[0]
    throw new CliError(`${this.#clients.endpoint()} knows no service deployment ${this.#arn}.`)
  }

  async #readRevisions({ targetServiceRevision, sourceServiceRevisions = [] }: ServiceDeployment): Promise<void> {
    const arns = [targetServiceRevision, ...sourceServiceRevisions].flatMap((revision) => revision?.arn ?? [])
    if (arns.length === this.#revisions.length || arns.length === 0) return
    const { DescribeServiceRevisionsCommand } = await import('@aws-sdk/client-ecs')
    const { serviceRevisions = [] } = await this.#clients.ecs.send(
      new DescribeServiceRevisionsCommand({ serviceRevisionArns: arns.slice(0, 20) }),
    )
    this.#revisions = serviceRevisions
  }

  #remember({ lifecycleStage, targetServiceRevision }: ServiceDeployment, at: number): void {
    if (lifecycleStage !== undefined && !this.#stageTimes.has(lifecycleStage)) this.#stageTimes.set(lifecycleStage, at)
    const percent = targetServiceRevision?.requestedProductionTrafficWeight
    if (percent !== undefined && percent !== this.#weight?.percent) this.#weight = { percent, since: at }
  }

  async #remains(cluster: string, service: string): Promise<Pick<SeenServiceDeployment, 'stoppedTasks' | 'logLines'>> {
    const target = this.#revisions.find(({ serviceRevisionArn }) => serviceRevisionArn !== undefined)
    const stopped = await stoppedTasksOf(this.#clients, { cluster, service })
    const stoppedTasks = stopped.filter(({ taskDefinitionArn }) => taskDefinitionArn === target?.taskDefinition)
    const failed = stoppedTasks.find(({ stopCode }) => stopCode === 'EssentialContainerExited')
    return { stoppedTasks, logLines: failed === undefined ? [] : await containerLogLines(this.#clients, failed) }
  }
}

function targetGroupsOf({ loadBalancers = [] }: ServiceRevision): readonly string[] {
  return loadBalancers.flatMap(({ targetGroupArn, advancedConfiguration }) =>
    [targetGroupArn, advancedConfiguration?.alternateTargetGroupArn].filter((arn) => arn !== undefined),
  )
}
