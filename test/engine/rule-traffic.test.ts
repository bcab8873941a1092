import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { arn } from '../../src/domain/identifiers.ts'
import type { ShiftPlan } from '../../src/domain/deployment.ts'
import type { ServiceDeployment } from '../../src/domain/service-deployment.ts'
import { forwardOf, listenerOfRule, ruleTraffic, servingGroupOf } from '../../src/engine/rule-traffic.ts'
import type { ShiftTools } from '../../src/engine/shift-steps.ts'
import { Store } from '../../src/engine/store.ts'
import { furnish, names } from '../world/furnished-world.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'

const ruleArn = arn.rule(names.prodListenerArn, '0123456789abcdef')
const plan: ShiftPlan = {
  serviceArn: names.serviceArn,
  blue: { taskSetId: 'ecs-svc/1', targetGroupArn: names.blueArn, targetGroupName: 'web-blue' },
  green: { taskSetId: 'ecs-svc/2', targetGroupArn: names.greenArn, targetGroupName: 'web-green' },
  prodListenerArn: ruleArn,
}
const deployment: ServiceDeployment = {
  serviceDeploymentArn: 'arn:service-deployment/1',
  serviceArn: names.serviceArn,
  clusterArn: names.clusterArn,
  status: 'IN_PROGRESS',
  targetServiceRevision: { arn: 'service-revision/2' },
  sourceServiceRevisions: [{ arn: 'service-revision/1' }],
  deploymentConfiguration: { strategy: 'CANARY', maximumPercent: 200, minimumHealthyPercent: 100 },
  deploymentCircuitBreaker: { status: 'DISABLED', failureCount: 0, threshold: 3 },
  plan: { ...plan, isFirst: false, needsReconcile: false, foundPercentages: { [ruleArn]: 0 } },
  routedPercentages: { [ruleArn]: 0 },
  createdAt: 0,
  updatedAt: 0,
}

/** A listener with a rule of its own for the service, all of whose traffic is with blue. */
function furnished() {
  const store = new Store(new MemoryPersistence())
  furnish(store, { desiredCount: 1, now: 0 })
  const targetGroups = [{ targetGroupArn: names.blueArn, weight: 1 }]
  store.rules.put(ruleArn, {
    ruleArn,
    listenerArn: names.prodListenerArn,
    priority: 1,
    conditions: [],
    actions: [{ type: 'forward', targetGroups, stickinessEnabled: true, stickinessDurationSeconds: 60 }],
    tags: {},
  })
  store.serviceDeployments.put(deployment.serviceDeploymentArn, deployment)
  const loadBalancing = { publish: () => Promise.resolve() }
  const traffic = ruleTraffic({ store, loadBalancing } as unknown as ShiftTools, deployment, plan)
  const weights = () => forwardOf(store, ruleArn)?.map(({ weight }) => weight)
  return { store, traffic, weights }
}

describe('the weights of a rule', () => {
  test('are set on the rule alone, and what the deployment shows with them', async () => {
    const { store, traffic, weights } = furnished()
    const defaultActions = store.listeners.get(names.prodListenerArn)?.defaultActions
    await traffic.shift(ruleArn, 25)
    assert.deepEqual(weights(), [75, 25])
    assert.deepEqual(store.listeners.get(names.prodListenerArn)?.defaultActions, defaultActions)
    const [action] = store.rules.get(ruleArn)?.actions ?? []
    assert(action?.type === 'forward' && action.stickinessEnabled === true)
    const shown = store.serviceDeployments.get(deployment.serviceDeploymentArn)
    assert.equal(shown?.targetServiceRevision.requestedProductionTrafficWeight, 25)
    assert.equal(shown.sourceServiceRevisions[0]?.requestedProductionTrafficWeight, 75)
    assert.equal(listenerOfRule(store, ruleArn), names.prodListenerArn)
  })

  test('are whole numbers, also of tenths of a percent', async () => {
    const { traffic, weights } = furnished()
    await traffic.shift(ruleArn, 0.1)
    assert.deepEqual(weights(), [998, 1])
    await traffic.shift(ruleArn, 33.3)
    assert.deepEqual(weights(), [666, 333])
    await traffic.shift(ruleArn, 100)
    assert.deepEqual(weights(), [0, 100])
  })

  test('are shown as a hundred percent together, also in tenths', async () => {
    const { store, traffic } = furnished()
    await traffic.shift(ruleArn, 64.1)
    const shown = store.serviceDeployments.get(deployment.serviceDeploymentArn)
    assert.equal(shown?.targetServiceRevision.requestedProductionTrafficWeight, 64.1)
    assert.equal(shown.sourceServiceRevisions[0]?.requestedProductionTrafficWeight, 35.9)
  })

  test('are not set where somebody else has changed the rule, or it is gone', async () => {
    const { store, traffic } = furnished()
    await traffic.shift(ruleArn, 10)
    const rule = store.rules.get(ruleArn)
    assert(rule)
    const elsewhere = [{ targetGroupArn: 'arn:targetgroup/other/1', weight: 1 }]
    store.rules.put(ruleArn, { ...rule, actions: [{ type: 'forward', targetGroups: elsewhere }] })
    await assert.rejects(traffic.shift(ruleArn, 20), /a change that somebody else made to rule .* forwards 1 to other/)
    assert.deepEqual(forwardOf(store, ruleArn), elsewhere)
    store.rules.delete(ruleArn)
    assert.throws(() => traffic.require(ruleArn), /One or more rules not found/)
  })

  test('say which group of a pair serves', async () => {
    const { store, traffic } = furnished()
    const advancedConfiguration = { alternateTargetGroupArn: names.greenArn, productionListenerRule: ruleArn }
    const entry = { targetGroupArn: names.blueArn, containerName: 'web', containerPort: 80 }
    assert.equal(servingGroupOf(store, { ...entry, advancedConfiguration }), names.blueArn)
    await traffic.shift(ruleArn, 100)
    assert.equal(servingGroupOf(store, { ...entry, advancedConfiguration }), names.greenArn)
    assert.equal(servingGroupOf(store, entry), names.blueArn)
  })
})
