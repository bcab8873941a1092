import type { Service } from '@aws-sdk/client-ecs'
import { thingOf } from '../domain/preflight/facts.ts'
import type { CapacityProviderStrategyItem } from '../domain/service.ts'
import type { TaskDefinitionFile } from '../domain/task-definition-file.ts'
import { look } from './aws-clients.ts'
import type { AwsClients } from './aws-clients.ts'
import { CliError } from './exit-code.ts'

export type ServiceName = { readonly cluster: string; readonly service: string }

/** Reads `CLUSTER/SERVICE`, or the name of a service in the cluster `default`. */
export function serviceNamed(text: string): ServiceName {
  const [cluster, service, more] = text.split('/')
  if (cluster !== undefined && cluster !== '' && service === undefined) return { cluster: 'default', service: cluster }
  if (cluster && service && more === undefined) return { cluster, service }
  throw new CliError(`'${text}' is not CLUSTER/SERVICE.`)
}

/** Throws a `CliError` where there is none, or it may not be seen. */
export async function describeService(clients: AwsClients, { cluster, service }: ServiceName): Promise<Service> {
  const { DescribeServicesCommand } = await import('@aws-sdk/client-ecs')
  const looked = await look(clients, async () => {
    const { services } = await clients.ecs.send(new DescribeServicesCommand({ cluster, services: [service] }))
    return services?.[0]
  }, ['ClusterNotFoundException'])
  const found = thingOf(looked)
  if (found !== undefined) return found
  if (looked.kind === 'unknown') throw new CliError(`the service ${service} cannot be described: ${looked.reason}.`)
  throw new CliError(
    `there is no service ${service} in cluster ${cluster} in ${await clients.region()}. \`teal status\` lists those there are.`,
  )
}

/** Of the PRIMARY task set, or of the service under the ECS controller; empty where tasks have a launch type. */
export function strategyInUse({
  taskSets = [],
  capacityProviderStrategy: ofService,
}: Service): readonly Required<CapacityProviderStrategyItem>[] {
  const primary = taskSets.find(({ status }) => status === 'PRIMARY')
  const strategy = (primary === undefined ? ofService : primary.capacityProviderStrategy) ?? []
  return strategy.map(({ capacityProvider = '', base = 0, weight = 0 }) => ({ capacityProvider, base, weight }))
}

/** Throws a `CliError` where there is none, or it may not be seen. */
export async function describeTaskDefinition(clients: AwsClients, name: string): Promise<TaskDefinitionFile> {
  const { DescribeTaskDefinitionCommand } = await import('@aws-sdk/client-ecs')
  const looked = await look(
    clients,
    async () => (await clients.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }))).taskDefinition,
    ['ClientException'],
  )
  const definition = thingOf(looked)
  if (definition !== undefined) return definition as TaskDefinitionFile
  const why = looked.kind === 'unknown' ? looked.reason : 'there is none of that name'
  throw new CliError(`the task definition ${name} cannot be described: ${why}.`)
}
