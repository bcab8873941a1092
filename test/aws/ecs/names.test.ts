import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreateClusterCommand, DescribeServicesCommand, DescribeTaskDefinitionCommand } from '@aws-sdk/client-ecs'
import { assertRefused, createBlueGreenService, startEcs } from './ecs-world.ts'

describe('names and ARNs', () => {
  test('a service is found by name, by ARN and by its old short ARN', async (t) => {
    const world = await startEcs(t)
    const { serviceArn = '' } = await createBlueGreenService(world)
    const short = serviceArn.replace('/default/', '/')
    const { services } = await world.client.send(new DescribeServicesCommand({ services: ['web', serviceArn, short] }))
    assert.deepEqual(
      services?.map((service) => service.serviceArn),
      [serviceArn, serviceArn, serviceArn],
    )
  })

  test('an ARN of another cluster, kind, region, account or service is refused', async (t) => {
    const world = await startEcs(t)
    const { serviceArn = '', clusterArn = '' } = await createBlueGreenService(world)
    await world.client.send(new CreateClusterCommand({ clusterName: 'other' }))
    const refuse = (service: string, message: string | RegExp, cluster?: string) =>
      assertRefused(
        world.client.send(new DescribeServicesCommand({ cluster, services: [service] })),
        'InvalidParameterException',
        message,
      )
    await refuse(serviceArn, 'Invalid identifier: Identifier is for cluster default. Your cluster is other', 'other')
    await refuse(clusterArn, /is the ARN of a cluster, not of a service\.$/)
    await refuse(serviceArn.replace('eu-west-1', 'us-east-1'), 'Invalid Region in ARN')
    await refuse(
      serviceArn.replace('000000000000', '123456789012'),
      /is of another account\. Your account is 000000000000\.$/,
    )
    await refuse('arn:aws:elasticloadbalancing:eu-west-1:000000000000:x', /is not an Amazon ECS ARN\.$/)
  })

  test('a revision is a number', async (t) => {
    const { client } = await startEcs(t)
    await assertRefused(
      client.send(new DescribeTaskDefinitionCommand({ taskDefinition: 'web:latest' })),
      'InvalidParameterException',
      'Invalid revision number. Number: latest',
    )
  })
})
