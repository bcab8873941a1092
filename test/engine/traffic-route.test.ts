import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aWorld } from '../world/deployment-world.ts'
import { names } from '../world/furnished-world.ts'

test('a deployment fails before it changes anything when another load balancer uses a target group of the pair', async () => {
  const world = await aWorld()
  const { store } = world.engine
  const listener = store.listeners.get(names.prodListenerArn)
  assert.ok(listener)
  const [listenerArn, loadBalancerArn] = [`${names.prodListenerArn}2`, `${listener.loadBalancerArn}2`]
  const targetGroups = [{ targetGroupArn: names.greenArn, weight: 1 }]
  const defaultActions = [{ type: 'forward' as const, targetGroups }]
  store.listeners.put(listenerArn, { ...listener, listenerArn, loadBalancerArn, port: 8123, defaultActions })
  const done = await world.deploy({})
  assert.equal(done.errorInformation?.code, 'ELASTIC_LOAD_BALANCING_INVALID')
  assert.match(
    done.errorInformation.message,
    /The following target groups cannot be associated with more than one load balancer: \S+web-green/,
  )
  assert.equal(store.taskSets.list().length, 1)
  assert.deepEqual(store.listeners.get(names.prodListenerArn), listener)
})
