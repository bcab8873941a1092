import { describe, test } from 'node:test'
import type { LoadBalancer } from '@aws-sdk/client-ecs'
import { arn } from '../../../src/domain/identifiers.ts'
import {
  assertRefused,
  blueGreenService,
  createService,
  place,
  putTargetGroup,
  registerWeb,
  startEcs,
} from './ecs-world.ts'

describe("a service's load balancer", () => {
  test('names an attached target group, a container and a port which fit the task definition', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const targetGroupArn = putTargetGroup(world.store, 'web-blue')
    const refuse = (changes: LoadBalancer, message: string | RegExp) => {
      const entry = { targetGroupArn, containerName: 'web', containerPort: 8080, ...changes }
      const input = { ...blueGreenService(targetGroupArn), loadBalancers: [entry] }
      return assertRefused(createService(world, input), 'InvalidParameterException', message)
    }
    await refuse({ containerName: 'api' }, 'The container does not exist in the task definition.')
    await refuse({ containerPort: 80 }, 'The container web did not have a container port 80 defined.')
    await refuse({ targetGroupArn: undefined }, 'Each entry of loadBalancers needs a targetGroupArn.')
    await refuse({ containerName: undefined }, 'Each entry of loadBalancers needs a containerName.')
    await refuse({ containerPort: undefined }, 'Each entry of loadBalancers needs a containerPort.')
    await refuse(
      { loadBalancerName: 'classic' },
      'loadBalancerName names a Classic Load Balancer, which Teal does not have. Use targetGroupArn.',
    )
    await refuse(
      { advancedConfiguration: { alternateTargetGroupArn: targetGroupArn } },
      'advancedConfiguration is only supported with the ECS deployment controller. Remove it.',
    )
    const unknown = arn.targetGroup(place, 'gone', '0123456789abcdef')
    await refuse({ targetGroupArn: unknown }, `The target group with targetGroupArn ${unknown} does not exist.`)
    const idle = putTargetGroup(world.store, 'idle', { attached: false })
    await refuse(
      { targetGroupArn: idle },
      `The target group with targetGroupArn ${idle} does not have an associated load balancer.`,
    )
    const instances = putTargetGroup(world.store, 'instances', { targetType: 'instance' })
    await refuse(
      { targetGroupArn: instances },
      `The provided target group ${instances} has target type instance, which is incompatible with the awsvpc ` +
        'network mode specified in the task definition.',
    )
  })

  test('a target group that only a rule forwards to is attached, too', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const targetGroupArn = putTargetGroup(world.store, 'web-blue', { attached: false })
    const listenerArn = arn.listener(arn.loadBalancer(place, 'web', '0123456789abcdef'), '1')
    world.store.rules.put('rule', {
      ruleArn: arn.rule(listenerArn, '1'),
      listenerArn,
      priority: 1,
      conditions: [],
      actions: [{ type: 'forward', targetGroups: [{ targetGroupArn, weight: 0 }] }],
      tags: {},
    })
    await createService(world, blueGreenService(targetGroupArn))
  })
})
