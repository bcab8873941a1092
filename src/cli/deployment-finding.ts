import type { DeploymentInfo } from '@aws-sdk/client-codedeploy'
import type { AwsClients } from './aws-clients.ts'
import { CliError } from './exit-code.ts'
import { allServices, runningServiceDeployment, serviceDeployments } from './own-services.ts'

/** The id that commands take: of CodeDeploy as it is; of ECS itself the ARN, found by its last part. */
export async function wholeDeploymentId(clients: AwsClients, text: string): Promise<string> {
  if (!/^[0-9a-zA-Z_-]{20,}$/.test(text) || text.startsWith('d-')) return text
  for (const { clusterArn = '', serviceName = '' } of await allServices(clients)) {
    const all = await serviceDeployments(clients, { cluster: clusterArn, service: serviceName })
    const found = all.find(({ serviceDeploymentArn }) => serviceDeploymentArn?.endsWith(`/${text}`))
    if (found?.serviceDeploymentArn !== undefined) return found.serviceDeploymentArn
  }
  throw new CliError(
    `there is no service deployment ${text} at ${clients.endpoint()}. \`teal deployments\` lists them all.`,
  )
}

/** The newest deployment that runs, CodeDeploy's or one of ECS itself. */
export async function newestRunning(clients: AwsClients): Promise<string> {
  const [info] = await newestOf(clients, ['Created', 'Queued', 'InProgress', 'Ready'])
  if (info?.deploymentId !== undefined) return info.deploymentId
  for (const { clusterArn = '', serviceName = '', deploymentController } of await allServices(clients)) {
    if ((deploymentController?.type ?? 'ECS') !== 'ECS') continue
    const running = await runningServiceDeployment(clients, { cluster: clusterArn, service: serviceName })
    if (running !== undefined) return running
  }
  throw new CliError(
    `no deployment is running at ${clients.endpoint()}. \`teal deployments\` lists those that have ended.`,
  )
}

/** The newest deployments of CodeDeploy with these statuses, the newest first; at most as many as one call answers. */
export async function newestOf(
  { codeDeploy }: AwsClients,
  includeOnlyStatuses: NonNullable<DeploymentInfo['status']>[],
  group: { readonly applicationName?: string; readonly deploymentGroupName?: string } = {},
): Promise<readonly DeploymentInfo[]> {
  const { BatchGetDeploymentsCommand, ListDeploymentsCommand } = await import('@aws-sdk/client-codedeploy')
  const { deployments = [] } = await codeDeploy.send(new ListDeploymentsCommand({ ...group, includeOnlyStatuses }))
  const infos: DeploymentInfo[] = []
  for (let at = 0; at < deployments.length; at += 25) {
    const deploymentIds = deployments.slice(at, at + 25)
    infos.push(...((await codeDeploy.send(new BatchGetDeploymentsCommand({ deploymentIds }))).deploymentsInfo ?? []))
  }
  return infos.toSorted((one, other) => Number(other.createTime) - Number(one.createTime))
}
