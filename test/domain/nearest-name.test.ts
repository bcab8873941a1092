import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nearestName } from '../../src/domain/nearest-name.ts'

const names = ['TaskDefinition', 'LoadBalancerInfo', 'Hooks']

test('a misspelt name is told from what it was meant to be', () => {
  assert.equal(nearestName('TaskDefinitoin', names), 'TaskDefinition')
  assert.equal(nearestName('loadbalancer', names), 'LoadBalancerInfo')
  assert.equal(nearestName('Hook', names), 'Hooks')
})

test('a name like no other suggests nothing', () => {
  assert.equal(nearestName('Outputs', names), undefined)
  assert.equal(nearestName('', names), undefined)
  assert.equal(nearestName('x'.repeat(100_000), names), undefined)
})
