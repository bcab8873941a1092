import {
  DeregisterTargetsCommand,
  DescribeTargetHealthCommand,
  RegisterTargetsCommand,
  waitUntilTargetDeregistered,
  waitUntilTargetInService,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import {
  assertRefused,
  createListener,
  createLoadBalancer,
  createTargetGroup,
  startLoadBalancingEndpoint,
  type LoadBalancingEndpoint,
} from './load-balancing-endpoint.ts'

const target = { Id: '10.0.0.1', Port: 8001 }
const quickly = { minDelay: 1, maxDelay: 1, maxWaitTime: 20 }

describe('targets', () => {
  let endpoint: LoadBalancingEndpoint
  let client: ReturnType<LoadBalancingEndpoint['client']>
  let TargetGroupArn: string
  let [region, port] = [0, 23_000]

  before(async () => {
    endpoint = await startLoadBalancingEndpoint()
  })
  after(() => endpoint.close())
  beforeEach(async () => {
    client = endpoint.client(`xx-test-${++region}`)
    const loadBalancerArn = await createLoadBalancer(client)
    TargetGroupArn = await createTargetGroup(client)
    await createListener(client, { loadBalancerArn, port: ++port, actions: TargetGroupArn })
  })
  const register = (...Targets: { Id: string; Port?: number; AvailabilityZone?: string }[]) =>
    client.send(new RegisterTargetsCommand({ TargetGroupArn, Targets }))
  const health = async (...Targets: { Id: string; Port?: number }[]) => {
    const input = Targets.length === 0 ? { TargetGroupArn } : { TargetGroupArn, Targets }
    return (await client.send(new DescribeTargetHealthCommand(input))).TargetHealthDescriptions
  }

  test("are initial, then what the router's checks say; a healthy one has its state and nothing else", async () => {
    await register({ ...target, AvailabilityZone: 'all' })
    const described = { Target: { ...target, AvailabilityZone: 'all' }, HealthCheckPort: '8001' }
    const TargetHealth = {
      State: 'initial',
      Reason: 'Elb.RegistrationInProgress',
      Description: 'Target registration is in progress',
    }
    assert.deepEqual(await health(), [{ ...described, TargetHealth }])
    endpoint.router.tell()
    assert.deepEqual(await health(), [{ ...described, TargetHealth: { State: 'healthy' } }])
    assert.equal((await waitUntilTargetInService({ client, ...quickly }, { TargetGroupArn })).state, 'SUCCESS')
  })

  test('without a port have that of their group', async () => {
    await register({ Id: '10.0.0.1' })
    assert.deepEqual((await health())?.[0]?.Target, { Id: '10.0.0.1', Port: 80 })
  })

  test('that were never registered are unused, and not listed unless asked for', async () => {
    assert.deepEqual(await health(), [])
    assert.deepEqual(await health(target), [
      {
        Target: target,
        HealthCheckPort: '8001',
        TargetHealth: {
          State: 'unused',
          Reason: 'Target.NotRegistered',
          Description: 'Target is not registered to the target group',
        },
      },
    ])
  })

  test('drain while requests are in flight, and are gone afterwards', async () => {
    await register(target)
    endpoint.router.setInFlight(TargetGroupArn, { id: target.Id, port: target.Port }, 1)
    await client.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [target] }))
    endpoint.router.tell()
    const [draining] = (await health()) ?? []
    assert.deepEqual(draining?.TargetHealth, {
      State: 'draining',
      Reason: 'Target.DeregistrationInProgress',
      Description: 'Target deregistration is in progress',
    })
    endpoint.router.setInFlight(TargetGroupArn, { id: target.Id, port: target.Port }, 0)
    endpoint.router.tell()
    const waited = await waitUntilTargetDeregistered({ client, ...quickly }, { TargetGroupArn, Targets: [target] })
    assert.equal(waited.state, 'SUCCESS')
    await client.send(new DeregisterTargetsCommand({ TargetGroupArn, Targets: [target] }))
  })

  test('must be addresses of the kind their group has', async () => {
    await assertRefused(register({ Id: 'i-0123456789abcdef0' }), 'InvalidTargetException', /'i-0123.*IPv4 address/)
    await assertRefused(register({ Id: '::1' }), 'InvalidTargetException', /'::1'/)
    await assertRefused(register({ Id: '10.0.0.1', Port: 0 }), 'ValidationError', /Target port '0'/)
    await assertRefused(register(), 'ValidationError', /At least one target/)
    const many = Array.from({ length: 1001 }, (_, at) => ({ Id: '10.0.0.1', Port: at + 1 }))
    await assertRefused(register(...many), 'TooManyTargetsException', /'1000' targets, not '1001'/)
  })

  test('of an unknown group are not found', async () => {
    const unknown = { TargetGroupArn: `${TargetGroupArn}0`, Targets: [target] }
    const [code, message] = ['TargetGroupNotFoundException', /^One or more target groups not found$/]
    await assertRefused(client.send(new RegisterTargetsCommand(unknown)), code, message)
    await assertRefused(client.send(new DeregisterTargetsCommand(unknown)), code, message)
    await assertRefused(client.send(new DescribeTargetHealthCommand(unknown)), code, message)
    const anomalies = new DescribeTargetHealthCommand({ TargetGroupArn, Include: ['AnomalyDetection'] })
    await assertRefused(client.send(anomalies), 'ValidationError', /Include '\["AnomalyDetection"\]'/)
  })
})
