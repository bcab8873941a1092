import { describe, test } from 'node:test'
import type { AwsVpcConfiguration } from '@aws-sdk/client-ecs'
import { assertRefused, blueGreenService, createService, putTargetGroup, registerWeb, startEcs } from './ecs-world.ts'

describe("a service's network configuration", () => {
  test('awsvpc needs one with subnets', async (t) => {
    const world = await startEcs(t)
    await registerWeb(world)
    const input = blueGreenService(putTargetGroup(world.store, 'web-blue'))
    const refuse = (awsvpcConfiguration: AwsVpcConfiguration | undefined, message: string) =>
      assertRefused(
        createService(world, { ...input, launchType: 'EC2', networkConfiguration: { awsvpcConfiguration } }),
        'InvalidParameterException',
        message,
      )
    await refuse(undefined, "Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    await refuse({ subnets: [] }, 'subnets can not be empty.')
    const many = Array.from({ length: 17 }, (_, index) => `x-${index}`)
    await refuse({ subnets: many }, 'subnets can have at most 16 items.')
    await refuse({ subnets: ['x'], securityGroups: many }, 'securityGroups can have at most 5 items.')
    await refuse(
      { subnets: ['x'], assignPublicIp: 'ENABLED' },
      'Assign public IP is not supported for this launch type.',
    )
  })
})
