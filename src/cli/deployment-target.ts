import type { CodeDeployClient, ECSTarget } from '@aws-sdk/client-codedeploy'

/** The one target of an ECS deployment: its service. Undefined until the deployment has started. */
export async function deploymentTargetOf(
  { codeDeploy }: { readonly codeDeploy: CodeDeployClient },
  deploymentId: string,
): Promise<ECSTarget | undefined> {
  const sdk = await import('@aws-sdk/client-codedeploy')
  try {
    const { targetIds } = await codeDeploy.send(new sdk.ListDeploymentTargetsCommand({ deploymentId }))
    if (targetIds?.[0] === undefined) return undefined
    const { deploymentTargets } = await codeDeploy.send(
      new sdk.BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: [targetIds[0]] }),
    )
    return deploymentTargets?.[0]?.ecsTarget
  } catch (error) {
    if (error instanceof sdk.DeploymentNotStartedException) return undefined
    throw error
  }
}

/** Then there is no way back any more. */
export function isTerminatingBlue(target: ECSTarget | undefined): boolean {
  const blue = target?.taskSetsInfo?.find(({ taskSetLabel }) => taskSetLabel === 'Blue')
  return blue?.status === 'DRAINING'
}
