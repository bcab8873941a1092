import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { TriggerEvent } from '../../src/domain/code-deploy.ts'
import type { Deployment } from '../../src/domain/deployment.ts'
import type { Notification } from '../../src/domain/notification.ts'
import { Changes } from '../../src/engine/changes.ts'
import { Notifications, type Webhook } from '../../src/engine/notifications.ts'
import { Store } from '../../src/engine/store.ts'
import { beginServiceDeployment } from '../../src/engine/service-deployments.ts'
import type { ServiceDeployment } from '../../src/domain/service-deployment.ts'
import { aService } from '../world/a-service.ts'
import { aDeployment } from '../world/a-deployment.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

const settings = { accountId: '000000000000', minuteMilliseconds: 1, listenHost: '', endpointUrl: '' }
const topic = 'arn:aws:sns:us-east-1:000000000000:deployments'

/** A store that is watched, with a webhook that takes what `take` does not throw at. */
function world(t: TestContext, take?: (notification: Notification) => void, persistence = new MemoryPersistence()) {
  const store = new Store(persistence)
  const clock = new VirtualClock()
  const changes = new Changes(clock)
  store.onChange(() => changes.notify())
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) }
  const webhook: Webhook | undefined = take && { deliver: async (notification) => take(notification) }
  const tools = { store, clock, changes, settings, log, webhook, chance: new SeededChance(1) }
  const notifications = new Notifications(tools)
  notifications.start()
  t.after(() => notifications.stop())
  const until = async (isDone: () => boolean) => assert.ok(await clock.run(isDone))
  return { store, clock, warnings, until, persistence, notifications }
}

function deployment(changes: Partial<Deployment> = {}, events: readonly TriggerEvent[] = []): Deployment {
  const plain = aDeployment({ createTime: 1_700_000_000_123 })
  const triggerConfigurations = [{ triggerName: 'trigger', triggerTargetArn: topic, triggerEvents: events }]
  return { ...plain, ...changes, group: { ...plain.group, deploymentGroupId: 'group-id', triggerConfigurations } }
}

type ToldEvent = Extract<Notification['content'], { readonly channel: 'EventBridge' }>['event']

function stateOf({ detail }: ToldEvent): string {
  if ('state' in detail) return detail.state
  return `${detail.eventName} ${'hookId' in detail ? detail.hookId : detail.deploymentId}`
}

function put(store: Store, changed: Deployment): void {
  store.deployments.put(changed.deploymentId, changed)
}

test('each status is told of once, to the triggers that want it and to EventBridge', async (t) => {
  const { store, until } = world(t)
  const events: readonly TriggerEvent[] = ['DeploymentStart', 'DeploymentFailure', 'InstanceFailure']
  put(store, deployment({}, events))
  await until(() => store.notifications.list().length === 1)
  put(store, deployment({ status: 'InProgress', startTime: 1_700_000_001_000 }, events))
  await until(() => store.notifications.list().length === 2)
  const errorInformation = { code: 'TIMEOUT', message: 'It took too long.' } as const
  const end = { status: 'Failed', startTime: 1, completeTime: 1_700_000_002_000, errorInformation } as const
  put(store, deployment(end, events))
  put(store, deployment({ ...end, lastUpdatedAt: 5 }, events))
  await until(() => store.notifications.list().length === 4)
  const contents = store.notifications.list().map(({ content }) => content)
  assert.deepEqual(
    contents.map((content) => (content.channel === 'SNS' ? content.subject : stateOf(content.event))),
    [
      'CREATED: AWS CodeDeploy d-ABCDEF123 in us-east-1 to group',
      'START',
      'FAILED: AWS CodeDeploy d-ABCDEF123 in us-east-1 to group',
      'FAILURE',
    ],
  )
  assert.ok(contents[2]?.channel === 'SNS')
  assert.deepEqual(JSON.parse(contents[2].message), {
    region: 'us-east-1',
    accountId: '000000000000',
    eventTriggerName: 'trigger',
    applicationName: 'app',
    deploymentId: 'd-ABCDEF123',
    deploymentGroupName: 'group',
    createTime: '1700000000.123',
    completeTime: '1700000002.000',
    deploymentOverview: '{"Pending":0,"InProgress":0,"Succeeded":0,"Failed":1,"Skipped":0,"Ready":0}',
    status: 'FAILED',
    errorInformation: '{"ErrorCode":"TIMEOUT","ErrorMessage":"It took too long."}',
  })
})

test('an event has the form of EventBridge', async (t) => {
  const { store, until } = world(t)
  put(store, deployment({ status: 'Ready', startTime: 1 }))
  await until(() => store.notifications.list().length === 2)
  const { content } = store.notifications.list()[1] ?? {}
  assert.ok(content?.channel === 'EventBridge')
  assert.deepEqual(
    { ...content.event, id: '' },
    {
      version: '0',
      id: '',
      'detail-type': 'CodeDeploy Deployment State-change Notification',
      source: 'aws.codedeploy',
      account: '000000000000',
      time: '2023-11-14T22:13:20.000Z',
      region: 'us-east-1',
      resources: [
        'arn:aws:codedeploy:us-east-1:000000000000:application:app',
        'arn:aws:codedeploy:us-east-1:000000000000:deploymentgroup:app/group',
      ],
      detail: {
        region: 'us-east-1',
        deploymentId: 'd-ABCDEF123',
        instanceGroupId: 'group-id',
        deploymentGroup: 'group',
        state: 'READY',
        application: 'app',
      },
    },
  )
})

test('a rollback tells whoever waits for rollbacks', async (t) => {
  const { store, until } = world(t)
  const rollbackInfo = { rollbackTriggeringDeploymentId: 'd-1', rollbackMessage: 'back' }
  put(store, deployment({ creator: 'codeDeployRollback', rollbackInfo }, ['DeploymentRollback']))
  await until(() => store.notifications.list().length === 1)
  const { content } = store.notifications.list()[0] ?? {}
  assert.ok(content?.channel === 'SNS')
  const message = JSON.parse(content.message) as Record<string, string>
  assert.equal(message['status'], 'CREATED')
  assert.equal(message['rollbackInformation'], '{"RollbackMessage":"back","RollbackTriggeringDeploymentId":"d-1"}')
})

test('the end of a deployment is told before the rollback that begins with it', async (t) => {
  const { store, until } = world(t)
  const failing = deployment({ status: 'InProgress', startTime: 1_700_000_001_000 })
  put(store, failing)
  await until(() => store.notifications.list().length === 1)
  const rollback = deployment({ deploymentId: 'd-ROLLBACK1', creator: 'codeDeployRollback', status: 'InProgress' })
  const at = 1_700_000_002_000
  store.transaction(() => {
    put(store, { ...rollback, createTime: at, startTime: at })
    put(store, { ...failing, status: 'Failed', completeTime: at })
  })
  await until(() => store.notifications.list().length === 3)
  const told = store.notifications.list().map(({ deploymentId }) => deploymentId)
  assert.deepEqual(told, [failing.deploymentId, failing.deploymentId, 'd-ROLLBACK1'])
})

test('a webhook that is out of order for a while gets everything, in order', async (t) => {
  const taken: string[] = []
  let refusals = 3
  const { store, until, warnings } = world(t, ({ content }) => {
    refusals -= 1
    if (refusals >= 0) throw new Error('not now')
    taken.push(content.channel === 'SNS' ? 'SNS' : stateOf(content.event))
  })
  put(store, deployment({ status: 'Succeeded', startTime: 1 }, ['DeploymentStart']))
  await until(
    () => store.notifications.list().every(({ delivery }) => delivery?.status === 'Delivered') && taken.length === 3,
  )
  assert.deepEqual(taken, ['SNS', 'START', 'SUCCESS'])
  assert.deepEqual(store.notifications.list()[0]?.delivery, { status: 'Delivered', attempts: 4 })
  assert.deepEqual(warnings, [])
})

test('one that is never taken is given up after five attempts, and said to be', async (t) => {
  const { store, until, warnings } = world(t, () => {
    throw new Error('It answered 500.')
  })
  put(store, deployment({ status: 'InProgress', startTime: 1 }))
  await until(() => store.notifications.list()[0]?.delivery?.status === 'Failed')
  const { delivery } = store.notifications.list()[0] ?? {}
  assert.deepEqual(delivery, { status: 'Failed', attempts: 5, problem: 'It answered 500.' })
  assert.match(warnings.join(), /was not taken by the webhook in 5 attempts: It answered 500\. It is not tried again\./)
})

test('after a restart nothing is told again, and what was not delivered is', async (t) => {
  const first = world(t, () => {
    throw new Error('not reached')
  })
  put(first.store, deployment({ status: 'InProgress', startTime: 1 }))
  await first.until(() => first.store.notifications.list()[0]?.delivery?.attempts === 1)
  await first.notifications.stop()
  const taken: Notification[] = []
  const second = world(t, (notification) => void taken.push(notification), first.persistence)
  await second.until(() => taken.length === 1)
  assert.equal(second.store.notifications.list().length, 1)
  assert.equal(taken[0]?.notificationId, first.store.notifications.list()[0]?.notificationId)
})

test('the newest thousand are kept', async (t) => {
  const { store, until } = world(t)
  store.transaction(() => {
    for (let number = 0; number < 600; number += 1) {
      put(store, deployment({ deploymentId: `d-${number}`, status: 'Succeeded', startTime: 1 }))
    }
  })
  await until(() => store.notifications.list().length > 0)
  assert.equal(store.notifications.list().length, 1000)
  assert.equal(store.notifications.list().at(-1)?.deploymentId, 'd-599')
})

test('what becomes of an ECS service’s deployment is told by EventBridge, once', async (t) => {
  const { store, clock, until } = world(t)
  const service = aService({ deploymentController: 'ECS', taskDefinition: 'web:1' })
  const tools = { store, clock, chance: new SeededChance(2) }
  const { currentServiceDeployment = '' } = beginServiceDeployment(tools, service)
  const begun = store.serviceDeployments.get(currentServiceDeployment)
  assert.ok(begun)
  const change = (changes: Partial<ServiceDeployment>): void => {
    store.serviceDeployments.put(currentServiceDeployment, { ...begun, startedAt: 1, ...changes })
  }
  change({ status: 'IN_PROGRESS' })
  await until(() => store.notifications.list().length === 1)
  const serviceRevisionArn = begun.targetServiceRevision.arn.replace(/\d+$/, '1')
  const rollback = { reason: 'Service deployment rolled back because of a test.', startedAt: 2, serviceRevisionArn }
  change({ status: 'ROLLBACK_IN_PROGRESS', rollback })
  await until(() => store.notifications.list().length === 3)
  change({ status: 'ROLLBACK_SUCCESSFUL', rollback })
  await until(() => store.notifications.list().length === 4)
  const events = store.notifications
    .list()
    .flatMap(({ content }) => (content.channel === 'EventBridge' ? [content.event] : []))
  const id = `ecs-svc/${begun.targetServiceRevision.arn.split('/').at(-1)}`
  assert.deepEqual(events.map(stateOf), [
    `SERVICE_DEPLOYMENT_IN_PROGRESS ${id}`,
    `SERVICE_DEPLOYMENT_FAILED ${id}`,
    'SERVICE_DEPLOYMENT_IN_PROGRESS ecs-svc/1',
    'SERVICE_DEPLOYMENT_COMPLETED ecs-svc/1',
  ])
  const [first] = events
  assert.deepEqual(
    [first?.source, first?.['detail-type'], first?.region, first?.resources],
    ['aws.ecs', 'ECS Deployment State Change', 'us-east-1', [service.serviceArn]],
  )
})
