import type { DeploymentConfig, TrafficRouting } from './code-deploy.ts'

/** A rollback always goes by this one, and so does a deployment of ECS where nothing else is said. */
export const ecsAllAtOnce = 'CodeDeployDefault.ECSAllAtOnce'

/** What Terraform names on every deployment group that does not name one; on ECS it has no instances to take one at a time. */
export const oneAtATime = 'CodeDeployDefault.OneAtATime'

/** CodeDeploy's own configurations, of all three platforms, sorted by name. They cannot be changed or deleted. */
export const predefinedDeploymentConfigs: readonly DeploymentConfig[] = [
  server('CodeDeployDefault.AllAtOnce', 3, { type: 'FLEET_PERCENT', value: 0 }),
  shifting('CodeDeployDefault.ECSAllAtOnce', 20, 'ECS', { type: 'AllAtOnce' }),
  shifting('CodeDeployDefault.ECSCanary10Percent15Minutes', 21, 'ECS', canary(10, 15)),
  shifting('CodeDeployDefault.ECSCanary10Percent5Minutes', 22, 'ECS', canary(10, 5)),
  shifting('CodeDeployDefault.ECSLinear10PercentEvery1Minutes', 23, 'ECS', linear(10, 1)),
  shifting('CodeDeployDefault.ECSLinear10PercentEvery3Minutes', 24, 'ECS', linear(10, 3)),
  server('CodeDeployDefault.HalfAtATime', 2, { type: 'FLEET_PERCENT', value: 50 }),
  shifting('CodeDeployDefault.LambdaAllAtOnce', 10, 'Lambda', { type: 'AllAtOnce' }),
  shifting('CodeDeployDefault.LambdaCanary10Percent10Minutes', 11, 'Lambda', canary(10, 10)),
  shifting('CodeDeployDefault.LambdaCanary10Percent15Minutes', 12, 'Lambda', canary(10, 15)),
  shifting('CodeDeployDefault.LambdaCanary10Percent30Minutes', 13, 'Lambda', canary(10, 30)),
  shifting('CodeDeployDefault.LambdaCanary10Percent5Minutes', 14, 'Lambda', canary(10, 5)),
  shifting('CodeDeployDefault.LambdaLinear10PercentEvery10Minutes', 15, 'Lambda', linear(10, 10)),
  shifting('CodeDeployDefault.LambdaLinear10PercentEvery1Minute', 16, 'Lambda', linear(10, 1)),
  shifting('CodeDeployDefault.LambdaLinear10PercentEvery2Minutes', 17, 'Lambda', linear(10, 2)),
  shifting('CodeDeployDefault.LambdaLinear10PercentEvery3Minutes', 18, 'Lambda', linear(10, 3)),
  server('CodeDeployDefault.OneAtATime', 1, { type: 'MOST_CONCURRENCY', value: 1 }),
]

/** How production traffic goes to green: at once to the first percentage, and after each wait to the next. Ends at 100. */
export function trafficShifts(routing: TrafficRouting): readonly TrafficShift[] {
  if (routing.type === 'TimeBasedLinear') return linearShifts(routing.linearPercentage, routing.linearInterval)
  const whole = { greenPercentage: 100, waitMinutes: 0 }
  if (routing.type === 'AllAtOnce') return [whole]
  return [{ greenPercentage: routing.canaryPercentage, waitMinutes: routing.canaryInterval }, whole]
}

/** `waitMinutes` is how long the percentage is held before the next shift. */
export type TrafficShift = { readonly greenPercentage: number; readonly waitMinutes: number }

function linearShifts(percentage: number, interval: number): readonly TrafficShift[] {
  const shiftsBeforeLast = Math.ceil(100 / percentage) - 1
  const shifts = Array.from({ length: shiftsBeforeLast }, (_, index) => ({
    greenPercentage: percentage * (index + 1),
    waitMinutes: interval,
  }))
  return [...shifts, { greenPercentage: 100, waitMinutes: 0 }]
}

function canary(canaryPercentage: number, canaryInterval: number): TrafficRouting {
  return { type: 'TimeBasedCanary', canaryPercentage, canaryInterval }
}

function linear(linearPercentage: number, linearInterval: number): TrafficRouting {
  return { type: 'TimeBasedLinear', linearPercentage, linearInterval }
}

function shifting(
  deploymentConfigName: string,
  serial: number,
  computePlatform: 'ECS' | 'Lambda',
  trafficRouting: TrafficRouting,
): DeploymentConfig {
  return {
    deploymentConfigName,
    deploymentConfigId: predefinedId(serial),
    computePlatform,
    createTime: 0,
    trafficRouting,
  }
}

function server(
  deploymentConfigName: string,
  serial: number,
  minimumHealthyHosts: NonNullable<DeploymentConfig['minimumHealthyHosts']>,
): DeploymentConfig {
  const deploymentConfigId = predefinedId(serial)
  return { deploymentConfigName, deploymentConfigId, computePlatform: 'Server', createTime: 0, minimumHealthyHosts }
}

function predefinedId(serial: number): string {
  return `00000000-0000-0000-0000-${String(serial).padStart(12, '0')}`
}
