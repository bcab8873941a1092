import type { AwsClients } from './aws-clients.ts'
import { isServiceDeployment } from './deployment-id.ts'

/** Stops a deployment of either dialect; answers what is told about it. `rollback` undefined: as it is configured. */
export async function stopDeployment(
  { codeDeploy, ecs }: Pick<AwsClients, 'codeDeploy' | 'ecs'>,
  id: string,
  rollback: boolean | undefined,
): Promise<string> {
  if (isServiceDeployment(id)) {
    const { StopServiceDeploymentCommand } = await import('@aws-sdk/client-ecs')
    const stopType = rollback === false ? 'ABORT' : 'ROLLBACK'
    await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: id, stopType }))
    return rollback === false
      ? 'Stopping is under way; revisions and weights stay as they are.'
      : 'Stopping is under way; the traffic goes back.'
  }
  const { StopDeploymentCommand } = await import('@aws-sdk/client-codedeploy')
  const { status, statusMessage } = await codeDeploy.send(
    new StopDeploymentCommand({
      deploymentId: id,
      ...(rollback === undefined ? {} : { autoRollbackEnabled: rollback }),
    }),
  )
  return `Stopping deployment ${id} is ${status}${statusMessage === undefined ? '' : `: ${statusMessage}`}`
}
