import { describe, test } from 'node:test'
import type { CreateServiceCommandInput, DeploymentConfiguration } from '@aws-sdk/client-ecs'
import { assertRefused, blueGreenService, createService, putTargetGroup, registerWeb, startEcs } from './ecs-world.ts'

const unsupported: Partial<CreateServiceCommandInput>[] = [
  { serviceRegistries: [{ registryArn: 'arn:aws:servicediscovery:eu-west-1:000000000000:service/x' }] },
  { serviceConnectConfiguration: { enabled: true } },
  { volumeConfigurations: [{ name: 'data' }] },
  { vpcLatticeConfigurations: [{ roleArn: 'arn:x', targetGroupArn: 'arn:y', portName: 'http' }] },
]

const ecsOnly = (feature: string) =>
  `${feature} is only supported with ECS deployment controller. Update to ECS deployment controller and try again.`

const badConfigurations: readonly (readonly [DeploymentConfiguration, string | RegExp])[] = [
  [{ alarms: { alarmNames: ['high'], enable: true, rollback: true } }, ecsOnly('Alarm based rollback feature')],
  [{ deploymentCircuitBreaker: { enable: true, rollback: true } }, ecsOnly('Deployment circuit breaker feature')],
  [{ strategy: 'BLUE_GREEN' }, ecsOnly('Deployment strategy BLUE_GREEN')],
  [
    { bakeTimeInMinutes: 5 },
    /^deploymentConfiguration\.bakeTimeInMinutes: It belongs to the ECS deployment controller/,
  ],
  [{ canaryConfiguration: { canaryPercent: 5 } }, /^deploymentConfiguration\.canaryConfiguration: /],
  [{ linearConfiguration: { stepPercent: 5 } }, /^deploymentConfiguration\.linearConfiguration: /],
  [
    { lifecycleHooks: [{ hookTargetArn: 'arn:x', roleArn: 'arn:y', lifecycleStages: ['PRE_SCALE_UP'] }] },
    /^deploymentConfiguration\.lifecycleHooks: /,
  ],
  [{ maximumPercent: 50 }, 'maximumPercent must be at least 100, and minimumHealthyPercent between 0 and 100.'],
  [
    { maximumPercent: 100, minimumHealthyPercent: 100 },
    'Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.',
  ],
]

describe("a service's settings", () => {
  test('what Teal does not have is refused by name, and empty or disabled it is fine', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const input = blueGreenService(putTargetGroup(world.store, 'web-blue'))
    for (const members of unsupported) {
      const [member = ''] = Object.keys(members)
      await assertRefused(
        createService(world, { ...input, ...members }),
        'UnsupportedFeatureException',
        new RegExp(`^${member} is not supported by Teal yet\\. Remove it`),
      )
    }
    await createService(world, {
      ...input,
      serviceRegistries: [],
      volumeConfigurations: [],
      serviceConnectConfiguration: { enabled: false },
      deploymentConfiguration: { alarms: { alarmNames: [], enable: false, rollback: false }, strategy: 'ROLLING' },
    })
  })

  test('what belongs to rolling updates is refused', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const input = blueGreenService(putTargetGroup(world.store, 'web-blue'))
    for (const [deploymentConfiguration, message] of badConfigurations) {
      await assertRefused(
        createService(world, { ...input, deploymentConfiguration }),
        'InvalidParameterException',
        message,
      )
    }
  })

  test('numbers and placement must make sense', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const input = blueGreenService(putTargetGroup(world.store, 'web-blue'))
    const refuse = (changes: Partial<CreateServiceCommandInput>, message: string | RegExp) =>
      assertRefused(createService(world, { ...input, ...changes }), 'InvalidParameterException', message)
    await refuse({ desiredCount: 1.5 }, /'desiredCount' .* Member must be an integer$/)
    await refuse(
      { healthCheckGracePeriodSeconds: 1.5 },
      /'healthCheckGracePeriodSeconds' .* Member must be an integer$/,
    )
    await refuse({ desiredCount: 5001 }, 'desiredCount can be at most 5000, as many tasks as ECS lets a service have.')
    await refuse(
      { healthCheckGracePeriodSeconds: -1 },
      'healthCheckGracePeriodSeconds must be between 0 and 2147483647.',
    )
    await refuse(
      { placementConstraints: [{ type: 'distinctInstance' }] },
      'Placement constraints are not supported with FARGATE launch type.',
    )
    await refuse(
      { placementStrategy: [{ type: 'random' }] },
      'Placement strategies are not supported with FARGATE launch type.',
    )
    await createService(world, {
      ...input,
      launchType: 'EC2',
      placementConstraints: [{ type: 'distinctInstance' }],
      placementStrategy: [{ type: 'random' }],
    })
  })
})
