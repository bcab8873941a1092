import type { DeploymentInfo } from '@aws-sdk/client-codedeploy'
import type { Service } from '@aws-sdk/client-ecs'
import { toneOf } from '../console/tones.ts'
import type { DeploymentRow } from '../console/views.ts'
import { shortArn, timeIn } from '../view/words.ts'
import type { AwsClients } from './aws-clients.ts'
import { allServices, serviceDeployments } from './own-services.ts'

/** What BatchGetDeployments takes at once. */
const mostPerCall = 25
/** So many deployments of CodeDeploy are looked through, for the newest; AWS lists no order. */
const mostListed = 1_000

export type Listing = {
  readonly at: number
  readonly rows: readonly DeploymentRow[]
  readonly services: readonly Service[]
  /** The ARN of a service deployment, by its end. */
  readonly arns: ReadonlyMap<string, string>
  /** Production's, by the deployment of CodeDeploy. */
  readonly listeners: ReadonlyMap<string, string>
  /** There are more deployments than are looked through. */
  readonly isCut: boolean
}

/** Reads again and again what there is. A deployment that has ended is read once. */
export class ConsoleListing {
  readonly #clients: AwsClients
  readonly #ended = new Map<string, DeploymentRow>()
  readonly #listeners = new Map<string, string>()

  constructor(clients: AwsClients) {
    this.#clients = clients
  }

  async read(): Promise<Listing> {
    const [services, codeDeploy] = await Promise.all([allServices(this.#clients), this.#codeDeploy()])
    const arns = new Map<string, string>()
    const own: DeploymentRow[] = []
    for (const service of services) {
      if ((service.deploymentController?.type ?? 'ECS') !== 'ECS') continue
      own.push(...(await this.#ofService(service, arns)))
    }
    const rows = [...codeDeploy.rows, ...own].toSorted((one, other) => other.createdAt - one.createdAt)
    return { at: Date.now(), rows, services, arns, listeners: this.#listeners, isCut: codeDeploy.isCut }
  }

  async #codeDeploy(): Promise<{ readonly rows: readonly DeploymentRow[]; readonly isCut: boolean }> {
    const sdk = await import('@aws-sdk/client-codedeploy')
    const { codeDeploy } = this.#clients
    const ids: string[] = []
    for await (const page of sdk.paginateListDeployments({ client: codeDeploy }, {})) {
      ids.push(...(page.deployments ?? []))
      if (ids.length >= mostListed) break
    }
    const unknown = ids.filter((id) => !this.#ended.has(id))
    const fresh = new Map<string, DeploymentRow>()
    for (let at = 0; at < unknown.length; at += mostPerCall) {
      const deploymentIds = unknown.slice(at, at + mostPerCall)
      const { deploymentsInfo = [] } = await codeDeploy.send(new sdk.BatchGetDeploymentsCommand({ deploymentIds }))
      for (const info of deploymentsInfo) {
        const row = codeDeployRow(info)
        const listener = info.loadBalancerInfo?.targetGroupPairInfoList?.[0]?.prodTrafficRoute?.listenerArns?.[0]
        if (listener !== undefined) this.#listeners.set(row.id, listener)
        fresh.set(row.id, row)
        if (row.endedAt !== undefined) this.#ended.set(row.id, row)
      }
    }
    const listed = new Set(ids)
    for (const known of [this.#ended, this.#listeners])
      for (const id of known.keys()) if (!listed.has(id)) known.delete(id)
    const rows = ids.flatMap((id) => fresh.get(id) ?? this.#ended.get(id) ?? [])
    return { rows, isCut: ids.length >= mostListed }
  }

  async #ofService(service: Service, arns: Map<string, string>): Promise<readonly DeploymentRow[]> {
    const cluster = service.clusterArn ?? ''
    const all = await serviceDeployments(this.#clients, { cluster, service: service.serviceName ?? '' })
    return all.flatMap(({ serviceDeploymentArn = '', status = 'PENDING', createdAt, finishedAt }) => {
      const id = shortArn(serviceDeploymentArn) ?? ''
      arns.set(id, serviceDeploymentArn)
      return {
        id,
        by: 'ECS' as const,
        of: `${shortArn(cluster)} / ${service.serviceName}`,
        status,
        tone: toneOf(status),
        createdAt: timeIn(createdAt) ?? 0,
        endedAt: timeIn(finishedAt),
        isRollback: false,
        description: undefined,
      }
    })
  }
}

function codeDeployRow(info: DeploymentInfo): DeploymentRow {
  const { deploymentId = '', applicationName, deploymentGroupName, status = 'Created', creator, description } = info
  const isOver = status === 'Succeeded' || status === 'Failed' || status === 'Stopped'
  return {
    id: deploymentId,
    by: 'CodeDeploy',
    of: `${applicationName} / ${deploymentGroupName}`,
    status,
    tone: toneOf(status),
    createdAt: timeIn(info.createTime) ?? 0,
    endedAt: isOver ? timeIn(info.completeTime) : undefined,
    isRollback: creator === 'codeDeployRollback',
    description,
  }
}
