/** Whether this names a deployment that ECS itself does; any other is CodeDeploy's. */
export function isServiceDeployment(id: string): boolean {
  return id.includes(':service-deployment/')
}
