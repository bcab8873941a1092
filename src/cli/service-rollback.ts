import type { ServiceRevision } from '@aws-sdk/client-ecs'
import { hasGoneBack } from '../view/service-deployment-stages.ts'
import type { AwsClients } from './aws-clients.ts'
import { stopDeployment } from './deployment-actions.ts'
import { CliError } from './exit-code.ts'
import type { RollbackPlan } from './rollback.ts'
import { serviceDeployments, updateService } from './own-services.ts'
import { describeService, type ServiceName } from './service-access.ts'

/** How a service goes back whose deployments are those of ECS itself. */
export async function serviceRollback(clients: AwsClients, named: ServiceName): Promise<RollbackPlan> {
  const all = await serviceDeployments(clients, named)
  const running = all.find(({ finishedAt }) => finishedAt === undefined)?.serviceDeploymentArn
  if (running !== undefined) return planForRunning(clients, running)
  const { taskDefinition: live } = await describeService(clients, named)
  const good = all
    .filter(({ status }) => status === 'SUCCESSFUL')
    .flatMap(({ targetServiceRevisionArn: arn }) => arn ?? [])
  const revisions = await revisionsOf(clients, good.slice(0, 20))
  const before = good
    .map((arn) => revisions.find(({ serviceRevisionArn }) => serviceRevisionArn === arn))
    .find((revision) => revision?.taskDefinition !== undefined && revision.taskDefinition !== live)?.taskDefinition
  if (before === undefined) {
    throw new CliError(
      `${named.cluster}/${named.service} has no earlier revision that was deployed with success. ` +
        `Deploy the one you want: teal deploy --service ${named.cluster}/${named.service} --task-definition FAMILY:REVISION`,
    )
  }
  return {
    preview: [
      `Live is ${live?.split('/').at(-1)}.`,
      `${before.split('/').at(-1)} will be deployed again, the last one before it that was deployed with success.`,
    ],
    perform: async () => {
      const id = await updateService(clients, named, before)
      if (id === undefined) throw new CliError('no deployment followed from the update of the service.')
      return id
    },
  }
}

async function planForRunning(clients: AwsClients, running: string): Promise<RollbackPlan> {
  const { DescribeServiceDeploymentsCommand } = await import('@aws-sdk/client-ecs')
  const input = { serviceDeploymentArns: [running] }
  const { serviceDeployments: [now] = [] } = await clients.ecs.send(new DescribeServiceDeploymentsCommand(input))
  const id = running.split('/').at(-1)
  if (now !== undefined && hasGoneBack(now)) {
    return {
      preview: [`Deployment ${id} goes back already: nothing more is done.`],
      perform: () => Promise.resolve(running),
    }
  }
  if (now?.lifecycleStage === 'CLEAN_UP') {
    throw new CliError(
      `deployment ${id} cannot be taken back any more: all traffic is on the new revision, and the former one is being ` +
        `taken away. Once it is over (teal watch ${id}), teal rollback deploys the one before it again.`,
    )
  }
  return {
    preview: [`Deployment ${id} is under way. It will be stopped, and all traffic goes back.`],
    perform: async () => {
      console.error(await stopDeployment(clients, running, true))
      return running
    },
  }
}

async function revisionsOf({ ecs }: AwsClients, arns: readonly string[]): Promise<readonly ServiceRevision[]> {
  if (arns.length === 0) return []
  const { DescribeServiceRevisionsCommand } = await import('@aws-sdk/client-ecs')
  const { serviceRevisions = [] } = await ecs.send(
    new DescribeServiceRevisionsCommand({ serviceRevisionArns: [...arns] }),
  )
  return serviceRevisions
}
