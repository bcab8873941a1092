import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CreateApplicationCommand,
  CreateDeploymentGroupCommand,
  GetDeploymentGroupCommand,
  UpdateDeploymentGroupCommand,
  type BlueGreenDeploymentConfiguration,
  type CreateDeploymentGroupCommandInput,
  type TargetGroupPairInfo,
} from '@aws-sdk/client-codedeploy'
import { aService } from '../../world/a-service.ts'
import { names } from '../../world/furnished-world.ts'
import { createGroup, groupInput, openWorld, refuses, type ApiWorld } from './api-world.ts'

type Changes = Partial<CreateDeploymentGroupCommandInput>
type Refused = readonly (readonly [Changes, string, string | RegExp])[]

async function refusesEach({ client }: ApiWorld, refused: Refused): Promise<void> {
  await client.send(new CreateApplicationCommand({ applicationName: 'app', computePlatform: 'ECS' }))
  for (const [changes, code, text] of refused) {
    await refuses(client.send(new CreateDeploymentGroupCommand({ ...groupInput, ...changes })), code, text)
  }
}

/** A value outside an enum, which only a client without types can send. */
const bad = (value: string) => value as never

const not = (member: string) => `For ECS deployment group, ${member} can not be specified`

const cannot = (cluster: string, service: string) =>
  `Could not load ECS service information for cluster: ${cluster}, service: ${service}. Cause: `

const alarms = (...all: string[]): Changes => ({
  alarmConfiguration: { enabled: true, alarms: all.map((name) => ({ name })) },
})

test('a group that an ECS application cannot have is refused in the words of AWS', async (t) => {
  const world = await openWorld(t)
  const style =
    'For ECS deployment, the deployment type must be BLUE_GREEN, and deployment option must be WITH_TRAFFIC_CONTROL.'
  await refusesEach(world, [
    [{ serviceRoleArn: undefined }, 'RoleRequiredException', /missing/],
    [{ serviceRoleArn: '' }, 'RoleRequiredException', 'ServiceRoleArn is missing'],
    [{ serviceRoleArn: 'CodeDeploy' }, 'InvalidRoleException', /'CodeDeploy' is not the ARN of an IAM role/],
    [{ deploymentStyle: undefined }, 'InvalidDeploymentStyleException', style],
    [{ deploymentStyle: { deploymentType: 'BLUE_GREEN' } }, 'InvalidDeploymentStyleException', style],
    [
      { deploymentStyle: { deploymentType: 'IN_PLACE', deploymentOption: 'WITH_TRAFFIC_CONTROL' } },
      'InvalidDeploymentStyleException',
      style,
    ],
    [{ deploymentStyle: { deploymentType: bad('CANARY') } }, 'InvalidDeploymentStyleException', /'CANARY'/],
    [{ autoScalingGroups: ['asg'] }, 'InvalidAutoScalingGroupException', not('autoScalingGroups')],
    [{ ec2TagFilters: [{ Key: 'a' }] }, 'InvalidEC2TagException', not('ec2TagFilters')],
    [{ ec2TagFilters: [{ Type: bad('ANY') }] }, 'InvalidEC2TagException', /'ANY'/],
    [{ onPremisesInstanceTagFilters: [{ Key: 'a' }] }, 'InvalidTagException', not('onPremisesInstanceTagFilters')],
    [{ ec2TagSet: { ec2TagSetList: [[{ Key: 'a' }]] } }, 'InvalidEC2TagCombinationException', not('ec2TagSet')],
    [
      { onPremisesTagSet: { onPremisesTagSetList: [[{ Key: 'a' }]] } },
      'InvalidOnPremisesTagCombinationException',
      not('onPremisesTagSet'),
    ],
    [{ terminationHookEnabled: true }, 'InvalidInputException', not('terminationHookEnabled')],
    [{ outdatedInstancesStrategy: bad('KEEP') }, 'InvalidInputException', /'KEEP'/],
    [
      { triggerConfigurations: [{ triggerName: 'a' }] },
      'InvalidTriggerConfigException',
      /triggerTargetArn '' is not the Topic ARN/,
    ],
    [{ triggerConfigurations: [{ triggerEvents: [bad('x')] }] }, 'InvalidTriggerConfigException', /'x'/],
    [{ tags: [{ Key: '' }] }, 'InvalidTagsToAddException', /has no Key/],
  ])
})

test('a pair stands behind one load balancer, and no listener is made to forward to a target group of another', async (t) => {
  const world = await openWorld(t)
  const { store } = world
  const listener = store.listeners.get(names.prodListenerArn)
  assert.ok(listener)
  const [listenerArn, loadBalancerArn] = [`${names.prodListenerArn}2`, `${listener.loadBalancerArn}2`]
  const defaultActions = [{ type: 'forward' as const, targetGroups: [{ targetGroupArn: names.greenArn, weight: 1 }] }]
  store.listeners.put(listenerArn, { ...listener, listenerArn, loadBalancerArn, port: 8123, defaultActions })
  const pair = groupInput.loadBalancerInfo?.targetGroupPairInfoList?.[0]
  const withTest = (arn: string): Changes => ({
    loadBalancerInfo: { targetGroupPairInfoList: [{ ...pair, testTrafficRoute: { listenerArns: [arn] } }] },
  })
  await refusesEach(world, [
    [{}, 'InvalidTargetGroupPairException', /'web-green' is behind the load balancer \S+2, and .* belongs to/],
    [withTest(listenerArn), 'InvalidTargetGroupPairException', /belong to different load balancers/],
  ])
  assert.deepEqual(store.listeners.get(names.prodListenerArn), listener)
})

test('deployment configurations must be there, and for ECS', async (t) => {
  const world = await openWorld(t)
  await refusesEach(world, [
    [
      { deploymentConfigName: 'nobody' },
      'DeploymentConfigDoesNotExistException',
      'No Deployment Configuration found for name: nobody',
    ],
    [{ deploymentConfigName: 'a b' }, 'InvalidDeploymentConfigNameException', /'a b' is not valid/],
    [
      { deploymentConfigName: 'CodeDeployDefault.LambdaAllAtOnce' },
      'InvalidDeploymentConfigNameException',
      /is for the Lambda compute platform/,
    ],
    [
      { deploymentConfigName: 'CodeDeployDefault.HalfAtATime' },
      'InvalidDeploymentConfigNameException',
      /is for the Server compute platform/,
    ],
  ])
})

test('the service must be one, there, ACTIVE, and leave its deployments to CodeDeploy', async (t) => {
  const world = await openWorld(t)
  const { store } = world
  const put = (serviceName: string, changes: object) => {
    const serviceArn = names.serviceArn.replace(/web$/, serviceName)
    store.services.put(serviceArn, aService({ serviceArn, serviceName, ...changes }))
  }
  put('external', { deploymentController: 'EXTERNAL' })
  put('leaving', { status: 'DRAINING' })
  const code = 'InvalidECSServiceException'
  const one = { serviceName: 'web', clusterName: 'prod' }
  await refusesEach(world, [
    [{ ecsServices: undefined }, code, 'For ECS deployment group, ecsServices must be specified'],
    [{ ecsServices: [] }, code, 'For ECS deployment group, ecsServices must be specified'],
    [
      { ecsServices: [one, one] },
      code,
      'For ECS deployment group, ecsServices must contain exactly one service; it has 2.',
    ],
    [{ ecsServices: [{ clusterName: 'prod' }] }, code, /serviceName must be specified/],
    [
      { ecsServices: [{ serviceName: 'web' }] },
      code,
      `${cannot('default', 'web')}The service does not exist in this cluster.`,
    ],
    [
      { ecsServices: [{ ...one, serviceName: 'nobody' }] },
      code,
      `${cannot('prod', 'nobody')}The service does not exist in this cluster.`,
    ],
    [
      { ecsServices: [{ ...one, serviceName: names.serviceArn.replace('us-east-1', 'eu-west-1') }] },
      code,
      /is of another region, account or cluster/,
    ],
    [
      { ecsServices: [{ ...one, serviceName: 'leaving' }] },
      code,
      `${cannot('prod', 'leaving')}The service is DRAINING, not ACTIVE.`,
    ],
    [
      { ecsServices: [{ ...one, serviceName: 'external' }] },
      code,
      "Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller.",
    ],
  ])
})

test('the load balancer must be one pair of target groups behind existing listeners', async (t) => {
  const world = await openWorld(t)
  const good: TargetGroupPairInfo = {
    targetGroups: [{ name: 'web-blue' }, { name: 'web-green' }],
    prodTrafficRoute: { listenerArns: [names.prodListenerArn] },
  }
  const pair = (changes: TargetGroupPairInfo): Changes => ({
    loadBalancerInfo: { targetGroupPairInfoList: [{ ...good, ...changes }] },
  })
  const info = 'InvalidLoadBalancerInfoException'
  const broken = 'InvalidTargetGroupPairException'
  const elsewhere = names.prodListenerArn.replace('us-east-1', 'eu-west-1')
  const listener = world.store.listeners.get(names.prodListenerArn)
  assert(listener)
  world.store.listeners.put(elsewhere, { ...listener, listenerArn: elsewhere })
  await refusesEach(world, [
    [{ loadBalancerInfo: undefined }, info, 'For ECS deployment group, loadBalancerInfo must be specified'],
    [
      { loadBalancerInfo: { elbInfoList: [{ name: 'a' }] } },
      info,
      'For ECS deployment group, loadBalancerInfo must not contain elbInfo list',
    ],
    [
      { loadBalancerInfo: { targetGroupInfoList: [{ name: 'a' }] } },
      info,
      'For ECS deployment group, loadBalancerInfo must not contain targetGroupInfo list',
    ],
    [
      { loadBalancerInfo: {} },
      broken,
      /^A deployment group associated with an application that uses the ECS compute platform must contain a valid pair of target groups that identify a load balancer\. Here targetGroupPairInfoList has 0 entries/,
    ],
    [{ loadBalancerInfo: { targetGroupPairInfoList: [good, good] } }, broken, /has 2 entries; exactly one is needed/],
    [pair({ targetGroups: undefined }), broken, /targetGroups has 0 groups; exactly two are needed, by name/],
    [pair({ targetGroups: [{ name: 'web-blue' }] }), broken, /targetGroups has 1 group; exactly two/],
    [pair({ targetGroups: [{ name: 'web-blue' }, { name: 'web-blue' }] }), broken, /both targetGroups are 'web-blue'/],
    [
      pair({ targetGroups: [{ name: 'web-blue' }, { name: 'nobody' }] }),
      broken,
      /no target group with the name 'nobody' in us-east-1\./,
    ],
    [pair({ targetGroups: [{ name: names.blueArn }, { name: 'web-green' }] }), broken, /Pass the name, not the ARN\.$/],
    [
      pair({ prodTrafficRoute: undefined }),
      broken,
      /prodTrafficRoute\.listenerArns must have exactly one listener ARN and has none/,
    ],
    [
      pair({ prodTrafficRoute: { listenerArns: [names.prodListenerArn, names.testListenerArn] } }),
      broken,
      /has 2 listeners; exactly one is allowed/,
    ],
    [
      pair({ prodTrafficRoute: { listenerArns: ['arn:nobody'] } }),
      info,
      /The listener 'arn:nobody' of prodTrafficRoute does not exist/,
    ],
    [
      pair({ prodTrafficRoute: { listenerArns: [elsewhere] } }),
      info,
      /The listener 'arn:\S+:eu-west-1:\S+' of prodTrafficRoute does not exist in us-east-1/,
    ],
    [
      pair({ testTrafficRoute: { listenerArns: ['arn:nobody'] } }),
      info,
      /The listener 'arn:nobody' of testTrafficRoute does not exist in us-east-1/,
    ],
    [pair({ testTrafficRoute: { listenerArns: [names.prodListenerArn] } }), broken, /name the same listener/],
  ])
})

test('the blue/green configuration must have both parts, within their ranges', async (t) => {
  const world = await openWorld(t)
  const good = groupInput.blueGreenDeploymentConfiguration
  const config = (changes: BlueGreenDeploymentConfiguration): Changes => ({
    blueGreenDeploymentConfiguration: { ...good, ...changes },
  })
  const code = 'InvalidBlueGreenDeploymentConfigurationException'
  const minutes = (terminationWaitTimeInMinutes: number) =>
    config({ terminateBlueInstancesOnDeploymentSuccess: { terminationWaitTimeInMinutes } })
  await refusesEach(world, [
    [
      { blueGreenDeploymentConfiguration: undefined },
      code,
      'For ECS deployment group, blueGreenDeploymentConfiguration must be specified',
    ],
    [
      config({ terminateBlueInstancesOnDeploymentSuccess: undefined }),
      code,
      /terminateBlueInstancesOnDeploymentSuccess must be specified/,
    ],
    [config({ deploymentReadyOption: undefined }), code, /deploymentReadyOption must be specified/],
    [
      config({ greenFleetProvisioningOption: { action: 'DISCOVER_EXISTING' } }),
      code,
      /greenFleetProvisioningOption can not be specified/,
    ],
    [
      config({ deploymentReadyOption: { waitTimeInMinutes: 5 } }),
      code,
      /is 5, but applies only to actionOnTimeout STOP_DEPLOYMENT/,
    ],
    [
      config({ deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 7201 } }),
      code,
      /is 7201\. Pass a whole number of minutes from 0 to 7200/,
    ],
    [
      config({ deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT' } }),
      code,
      /needs waitTimeInMinutes, 1 to 7200:/,
    ],
    [
      config({ deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 0 } }),
      code,
      /needs waitTimeInMinutes, 1 to 7200: with 0 .* would be stopped as soon as it is ready/,
    ],
    [config({ deploymentReadyOption: { actionOnTimeout: bad('WAIT') } }), code, /'WAIT'/],
    [minutes(2881), code, /is 2881\. Pass a whole number of minutes from 0 to 2880/],
    [minutes(-1), code, /is -1\. Pass/],
    [minutes(1.5), code, /is 1\.5\. Pass/],
  ])
})

test('rollbacks and alarms are checked', async (t) => {
  const world = await openWorld(t)
  const code = 'InvalidAlarmConfigException'
  await refusesEach(world, [
    [
      { autoRollbackConfiguration: { enabled: true, events: [] } },
      'InvalidAutoRollbackConfigException',
      /lists no events/,
    ],
    [{ autoRollbackConfiguration: { enabled: true } }, 'InvalidAutoRollbackConfigException', /lists no events/],
    [{ autoRollbackConfiguration: { events: [bad('NEVER')] } }, 'InvalidAutoRollbackConfigException', /'NEVER'/],
    [alarms(), code, 'alarmConfiguration is enabled, but lists no alarms.'],
    [alarms('a', 'a'), code, "alarmConfiguration lists the alarm 'a' twice."],
    [alarms(''), code, /alarms\[0\]\.name must have 1 to 255 characters and has 0/],
    [alarms('a'.repeat(256)), code, /has 256\.$/],
    [
      alarms(...'abcdefghijk'.split('')),
      'AlarmsLimitExceededException',
      'alarmConfiguration lists 11 alarms; 10 are allowed.',
    ],
  ])
})

test('triggers are kept and answered, and checked', async (t) => {
  const world = await openWorld(t)
  const trigger = {
    triggerName: 'failures',
    triggerTargetArn: 'arn:aws:sns:us-east-1:000000000000:deployments',
    triggerEvents: ['DeploymentFailure' as const, 'DeploymentStop' as const],
  }
  const code = 'InvalidTriggerConfigException'
  await refusesEach(world, [
    [{ triggerConfigurations: [{ ...trigger, triggerName: '' }] }, code, /triggerName must have 1 to 100 characters/],
    [{ triggerConfigurations: [{ ...trigger, triggerTargetArn: 'topic' }] }, code, /'topic' is not the Topic ARN/],
    [{ triggerConfigurations: [{ ...trigger, triggerEvents: [] }] }, code, /triggerEvents is empty/],
    [{ triggerConfigurations: [{ ...trigger, triggerEvents: [bad('Never')] }] }, code, /'Never'/],
    [
      { triggerConfigurations: Array.from({ length: 11 }, () => trigger) },
      'TriggerTargetsLimitExceededException',
      'triggerConfigurations lists 11 triggers; 10 are allowed.',
    ],
  ])
  await world.client.send(new CreateDeploymentGroupCommand({ ...groupInput, triggerConfigurations: [trigger] }))
  const get = async () => {
    const input = { applicationName: 'app', deploymentGroupName: 'group' }
    return (await world.client.send(new GetDeploymentGroupCommand(input))).deploymentGroupInfo?.triggerConfigurations
  }
  assert.deepEqual(await get(), [trigger])
  const update = { applicationName: 'app', currentDeploymentGroupName: 'group', triggerConfigurations: [] }
  await world.client.send(new UpdateDeploymentGroupCommand(update))
  assert.deepEqual(await get(), [])
})

test('an update is checked as a creation is', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const update = (changes: Changes) => {
    const { applicationName: _, deploymentGroupName: __, ...rest } = changes
    return world.client.send(
      new UpdateDeploymentGroupCommand({ applicationName: 'app', currentDeploymentGroupName: 'group', ...rest }),
    )
  }
  await refuses(update({ deploymentConfigName: 'nobody' }), 'DeploymentConfigDoesNotExistException', /nobody/)
  await refuses(update({ serviceRoleArn: 'x' }), 'InvalidRoleException', /'x'/)
  await refuses(
    update({ deploymentStyle: { deploymentType: 'IN_PLACE' } }),
    'InvalidDeploymentStyleException',
    /BLUE_GREEN/,
  )
  await refuses(update({ ecsServices: [] }), 'InvalidECSServiceException', /must be specified/)
  await refuses(update({ loadBalancerInfo: {} }), 'InvalidTargetGroupPairException', /has 0 entries/)
  await refuses(
    update({ blueGreenDeploymentConfiguration: {} }),
    'InvalidBlueGreenDeploymentConfigurationException',
    /must be/,
  )
  await refuses(update({ autoScalingGroups: ['a'] }), 'InvalidAutoScalingGroupException', /autoScalingGroups/)
  await refuses(update({ triggerConfigurations: [{}] }), 'InvalidTriggerConfigException', /triggerName must have/)
})
