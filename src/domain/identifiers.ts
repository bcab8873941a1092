/** ARNs as AWS forms them. Region and account come from the call's credentials. */
export type Place = { readonly region: string; readonly accountId: string }

export const arn = {
  loadBalancer: ({ region, accountId }: Place, name: string, id: string) =>
    `arn:aws:elasticloadbalancing:${region}:${accountId}:loadbalancer/app/${name}/${id}`,
  targetGroup: ({ region, accountId }: Place, name: string, id: string) =>
    `arn:aws:elasticloadbalancing:${region}:${accountId}:targetgroup/${name}/${id}`,
  /** `…:listener/app/NAME/<lb id>/<id>` */
  listener: (loadBalancerArn: string, id: string) => `${loadBalancerArn.replace(':loadbalancer/', ':listener/')}/${id}`,
  /** `…:listener-rule/app/NAME/<lb id>/<listener id>/<id>` */
  rule: (listenerArn: string, id: string) => `${listenerArn.replace(':listener/', ':listener-rule/')}/${id}`,
  certificate: ({ region, accountId }: Place, uuid: string) => `arn:aws:acm:${region}:${accountId}:certificate/${uuid}`,
  cluster: ({ region, accountId }: Place, name: string) => `arn:aws:ecs:${region}:${accountId}:cluster/${name}`,
  service: (clusterArn: string, name: string) => `${clusterArn.replace(':cluster/', ':service/')}/${name}`,
  taskDefinition: ({ region, accountId }: Place, family: string, revision: number) =>
    `arn:aws:ecs:${region}:${accountId}:task-definition/${family}:${revision}`,
  /** `taskSetId` is `ecs-svc/<19 digits>`. */
  taskSet: (serviceArn: string, taskSetId: string) => `${serviceArn.replace(':service/', ':task-set/')}/${taskSetId}`,
  /** The revision whose tasks belong to the task set `ecs-svc/<19 digits>`. */
  serviceRevision: (serviceArn: string, taskSetId: string) =>
    `${serviceArn.replace(':service/', ':service-revision/')}/${lastPart(taskSetId)}`,
  /** `id` is 21 characters. */
  serviceDeployment: (serviceArn: string, id: string) =>
    `${serviceArn.replace(':service/', ':service-deployment/')}/${id}`,
  task: (clusterArn: string, taskId: string) => `${clusterArn.replace(':cluster/', ':task/')}/${taskId}`,
  container: (clusterArn: string, taskId: string, uuid: string) =>
    `${clusterArn.replace(':cluster/', ':container/')}/${taskId}/${uuid}`,
  application: ({ region, accountId }: Place, name: string) =>
    `arn:aws:codedeploy:${region}:${accountId}:application:${name}`,
  deploymentGroup: ({ region, accountId }: Place, applicationName: string, name: string) =>
    `arn:aws:codedeploy:${region}:${accountId}:deploymentgroup:${applicationName}/${name}`,
  deploymentConfig: ({ region, accountId }: Place, name: string) =>
    `arn:aws:codedeploy:${region}:${accountId}:deploymentconfig:${name}`,
  alarm: ({ region, accountId }: Place, name: string) => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
  /** `id` is 32 hexadecimal digits, of which the first four are ECS's own. */
  scalableTarget: ({ region, accountId }: Place, id: string) =>
    `arn:aws:application-autoscaling:${region}:${accountId}:scalable-target/${id}`,
  /** `resourceId` is `service/CLUSTER/SERVICE`. */
  scalingPolicy: ({ region, accountId }: Place, id: string, resourceId: string, name: string) =>
    `arn:aws:autoscaling:${region}:${accountId}:scalingPolicy:${id}:resource/ecs/${resourceId}:policyName/${name}`,
} as const

/** `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`, or undefined for anything else. */
export function parseArn(
  text: string,
):
  | { readonly service: string; readonly region: string; readonly accountId: string; readonly resource: string }
  | undefined {
  const [prefix, partition, service, region, accountId, ...resource] = text.split(':')
  if (prefix !== 'arn' || !partition || !service || region === undefined || accountId === undefined) return undefined
  return { service, region, accountId, resource: resource.join(':') }
}

/** What stands after the last slash: the name or id at the end of an ARN, or the text itself. */
export function lastPart(arnOrName: string): string {
  return arnOrName.slice(arnOrName.lastIndexOf('/') + 1)
}
