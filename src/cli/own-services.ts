import type { Service } from '@aws-sdk/client-ecs'
import { setTimeout as delay } from 'node:timers/promises'
import { look } from './aws-clients.ts'
import type { AwsClients } from './aws-clients.ts'
import { CliError } from './exit-code.ts'
import { describeService, serviceNamed, type ServiceName } from './service-access.ts'

/** The service, where its deployments are those of ECS itself; undefined where they are CodeDeploy's, or none is named. */
export async function ecsServiceNamed(clients: AwsClients, text: string | undefined): Promise<ServiceName | undefined> {
  if (text === undefined) return undefined
  const named = serviceNamed(text)
  const { deploymentController } = await describeService(clients, named)
  switch (deploymentController?.type) {
    case undefined:
    case 'ECS':
      return named
    case 'CODE_DEPLOY':
      return undefined
    case 'EXTERNAL':
      throw new CliError(`${text} has an EXTERNAL deployment controller: whoever made its task sets deploys it.`)
  }
}

/** The one that is named, or all of the region. Throws a `CliError` where the one that is named is not there. */
export async function allClusters(clients: AwsClients, named: string | undefined): Promise<readonly string[]> {
  const { DescribeClustersCommand, paginateListClusters } = await import('@aws-sdk/client-ecs')
  if (named !== undefined) {
    const looked = await look(clients, async () => {
      const { clusters = [] } = await clients.ecs.send(new DescribeClustersCommand({ clusters: [named] }))
      return clusters.find(({ status }) => status === 'ACTIVE')
    })
    if (looked.kind !== 'absent') return [named]
    const where = `${await clients.region()} at ${clients.endpoint()}`
    throw new CliError(`there is no cluster ${named} in ${where}. \`aws ecs list-clusters\` lists those there are.`)
  }
  const arns: string[] = []
  for await (const page of paginateListClusters({ client: clients.ecs }, {})) arns.push(...(page.clusterArns ?? []))
  return arns
}

/** All services of all clusters, or of the one that is named. */
export async function allServices(clients: AwsClients, cluster?: string): Promise<readonly Service[]> {
  const { ecs } = clients
  const sdk = await import('@aws-sdk/client-ecs')
  const all: Service[] = []
  for (const each of await allClusters(clients, cluster)) {
    const arns: string[] = []
    for await (const page of sdk.paginateListServices({ client: ecs }, { cluster: each, maxResults: 100 })) {
      arns.push(...(page.serviceArns ?? []))
    }
    for (let at = 0; at < arns.length; at += 10) {
      const input = { cluster: each, services: arns.slice(at, at + 10) }
      const { services = [] } = await ecs.send(new sdk.DescribeServicesCommand(input))
      all.push(...services)
    }
  }
  return all
}

/** The newest deployment of a service by ECS itself that is under way, if there is one. */
export async function runningServiceDeployment(clients: AwsClients, named: ServiceName): Promise<string | undefined> {
  const all = await serviceDeployments(clients, named)
  return all.find(({ finishedAt }) => finishedAt === undefined)?.serviceDeploymentArn
}

/** The newest first. */
export async function serviceDeployments({ ecs }: AwsClients, { cluster, service }: ServiceName) {
  const { ListServiceDeploymentsCommand } = await import('@aws-sdk/client-ecs')
  const { serviceDeployments: all = [] } = await ecs.send(new ListServiceDeploymentsCommand({ cluster, service }))
  return all.toSorted((one, other) => Number(other.createdAt) - Number(one.createdAt))
}

const patienceMilliseconds = 15_000

/** Updates a service; answers the ARN of the deployment that follows from it, undefined where none does. */
export async function updateService(
  clients: AwsClients,
  named: ServiceName,
  taskDefinition: string,
): Promise<string | undefined> {
  const { UpdateServiceCommand } = await import('@aws-sdk/client-ecs')
  const known = new Set(
    (await serviceDeployments(clients, named)).map(({ serviceDeploymentArn }) => serviceDeploymentArn),
  )
  await clients.ecs.send(new UpdateServiceCommand({ ...named, taskDefinition }))
  const deadline = performance.now() + patienceMilliseconds
  while (performance.now() < deadline) {
    const added = (await serviceDeployments(clients, named)).find(
      ({ serviceDeploymentArn }) => !known.has(serviceDeploymentArn),
    )
    if (added !== undefined) return added.serviceDeploymentArn
    const { deployments = [] } = await describeService(clients, named)
    if (deployments.length === 1 && deployments[0]?.rolloutState === 'COMPLETED') return undefined
    await delay(300)
  }
  return undefined
}
