import type { ServiceDeployment, ServiceRevision } from '@aws-sdk/client-ecs'
import type { DeploymentView } from '../view/deployment-view.ts'
import { serviceDeploymentView, type SeenServiceDeployment } from '../view/service-deployment-view.ts'
import type { AwsClients } from './aws-clients.ts'
import { hasGoneBack } from '../view/service-deployment-stages.ts'
import { hasFailed } from '../view/surroundings.ts'
import { containerLogLines } from './container-log.ts'
import { hookLogs } from './failed-hook-log.ts'
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
    const isWithoutSuccess = deployment.finishedAt !== undefined && deployment.status !== 'SUCCESSFUL'
    return isWithoutSuccess ? { ...seen, ...(await this.#remains(deployment, since)) } : seen
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

  #remember(deployment: ServiceDeployment, at: number): void {
    const { lifecycleStage, targetServiceRevision } = deployment
    // A way back passes through stages too, and says nothing about how far the deployment had come.
    const isNew = lifecycleStage !== undefined && !hasGoneBack(deployment) && !this.#stageTimes.has(lifecycleStage)
    if (isNew) this.#stageTimes.set(lifecycleStage, at)
    const percent = targetServiceRevision?.requestedProductionTrafficWeight
    if (percent !== undefined && percent !== this.#weight?.percent) this.#weight = { percent, since: at }
  }

  /** What is left of green: tasks that have ended, what they wrote last, and what hooks wrote that said no. */
  async #remains(
    deployment: ServiceDeployment,
    since: number,
  ): Promise<Pick<SeenServiceDeployment, 'stoppedTasks' | 'logLines' | 'hookLogs'>> {
    const [cluster = '', service = ''] = this.#arn.split('/').slice(-3)
    const green = deployment.targetServiceRevision?.arn
    const revision = this.#revisions.find(({ serviceRevisionArn }) => serviceRevisionArn === green)
    const stoppedTasks = (await stoppedTasksOf(this.#clients, { cluster, service })).filter(
      ({ taskDefinitionArn, createdAt }) =>
        taskDefinitionArn === revision?.taskDefinition && (createdAt?.getTime() ?? since) >= since,
    )
    const failed = stoppedTasks.find(hasFailed)
    const logLines = failed === undefined ? [] : await containerLogLines(this.#clients, failed)
    return { stoppedTasks, logLines, hookLogs: await hookLogs(this.#clients, deployment, since) }
  }
}

function targetGroupsOf({ loadBalancers = [] }: ServiceRevision): readonly string[] {
  return loadBalancers.flatMap(({ targetGroupArn, advancedConfiguration }) =>
    [targetGroupArn, advancedConfiguration?.alternateTargetGroupArn].filter((arn) => arn !== undefined),
  )
}
