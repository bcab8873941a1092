import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { DeploymentPlan } from '../../src/domain/deployment.ts'
import { DeploymentInterrupted } from '../../src/domain/deployment.ts'
import { refuseInstall } from '../../src/engine/install-refusal.ts'
import { aTaskDefinition } from '../world/a-service.ts'
import { names } from '../world/furnished-world.ts'

const install: DeploymentPlan['install'] = {
  taskDefinition: names.taskDefinition(2),
  loadBalancer: { targetGroupArn: names.greenArn, containerName: 'web', containerPort: 80 },
  networkConfiguration: {
    awsvpcConfiguration: { subnets: ['subnet-1'], securityGroups: [], assignPublicIp: 'DISABLED' },
  },
}
const aCluster = {
  clusterArn: names.clusterArn,
  clusterName: 'prod',
  status: 'ACTIVE',
  createdAt: 0,
  tags: {},
  recorded: {},
} as const
const service = { serviceArn: names.serviceArn }
const forBoth = aTaskDefinition({ compatibilities: ['EC2', 'FARGATE'] })

function aClusterWith(...capacityProviders: readonly string[]): Parameters<typeof refuseInstall>[2] {
  return { ...service, launchType: 'FARGATE', cluster: { ...aCluster, recorded: { capacityProviders } } }
}

function by(...providers: readonly string[]): DeploymentPlan['install'] {
  return { ...install, capacityProviderStrategy: providers.map((capacityProvider) => ({ capacityProvider })) }
}

function refuses(act: () => void, message: RegExp): void {
  assert.throws(act, (error) => {
    assert(error instanceof DeploymentInterrupted)
    assert.equal(error.errorInformation.code, 'ECS_UPDATE_ERROR')
    assert.match(error.errorInformation.message, message)
    return true
  })
}

describe('a replacement task set', () => {
  test('is refused where the ARN of its task definition is of another region or account, whatever is there', () => {
    const elsewhere = [
      ['us-east-1', 'eu-west-1', 'region eu-west-1; the deployment is in us-east-1'],
      ['000000000000', '111111111111', 'account 111111111111; the deployment is in 000000000000'],
    ] as const
    for (const [here, there, told] of elsewhere) {
      const taskDefinition = install.taskDefinition.replace(here, there)
      assert.notEqual(taskDefinition, install.taskDefinition)
      refuses(
        () => refuseInstall({ ...install, taskDefinition }, forBoth, { ...service, launchType: 'FARGATE' }),
        new RegExp(`Unable to describe task definition\\..* Task definition \\S+:2 is of ${told}\\.`),
      )
    }
  })

  test('is refused where its task definition is not for the launch type of the service', () => {
    refuseInstall(install, forBoth, { ...service, launchType: 'FARGATE' })
    refuseInstall(install, forBoth, { ...service, launchType: 'EC2' })
    const forInstances = aTaskDefinition({ compatibilities: ['EC2'] })
    refuses(
      () => refuseInstall(install, forInstances, { ...service, launchType: 'FARGATE' }),
      /unexpected error: Task definition does not support launch_type FARGATE\. \(Service: AmazonECS;/,
    )
  })

  test('is refused where its network mode needs a network configuration, and nobody has given one', () => {
    const { networkConfiguration: _, ...without } = install
    refuses(
      () => refuseInstall(without, forBoth, { ...service, launchType: 'FARGATE' }),
      /Network Configuration must be provided when networkMode 'awsvpc' is specified\./,
    )
    refuseInstall(without, { ...forBoth, networkMode: 'bridge' }, { ...service, launchType: 'EC2' })
  })

  test('is refused with a platform version that there is not, and on EC2 with any', () => {
    refuseInstall({ ...install, platformVersion: '1.4.0' }, forBoth, { ...service, launchType: 'FARGATE' })
    refuses(
      () => refuseInstall({ ...install, platformVersion: '9.9.9' }, forBoth, { ...service, launchType: 'FARGATE' }),
      /The specified platform version doesn't exist\. .* Error Code: PlatformUnknownException\)/,
    )
    refuses(
      () => refuseInstall({ ...install, platformVersion: 'LATEST' }, forBoth, { ...service, launchType: 'EC2' }),
      /The platform version must be null when specifying an EC2 launch type\./,
    )
  })

  test('is refused by capacity providers that the cluster does not have, or by which no task could be placed', () => {
    refuseInstall(by('FARGATE_SPOT'), forBoth, aClusterWith('FARGATE_SPOT'))
    const notAssociated = /cannot contain a capacity provider that is not associated with the cluster\./
    refuses(() => refuseInstall(by('FARGATE_SPOT'), forBoth, aClusterWith('FARGATE')), notAssociated)
    refuses(
      () => refuseInstall(by('FARGATE_SPOT'), forBoth, { ...service, launchType: 'FARGATE', cluster: aCluster }),
      notAssociated,
    )
    refuses(
      () => refuseInstall(by('my-asg'), forBoth, aClusterWith('FARGATE')),
      /The specified capacity provider 'my-asg' was not found\./,
    )
    refuses(
      () => refuseInstall(by('FARGATE', 'FARGATE_SPOT'), forBoth, aClusterWith('FARGATE', 'FARGATE_SPOT')),
      /needs a weight greater than 0/,
    )
  })
})
