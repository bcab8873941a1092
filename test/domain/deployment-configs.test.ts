import assert from 'node:assert/strict'
import { test } from 'node:test'
import { predefinedDeploymentConfigs, trafficShifts } from '../../src/domain/deployment-configs.ts'

test('all at once is one shift', () => {
  assert.deepEqual(trafficShifts({ type: 'AllAtOnce' }), [{ greenPercentage: 100, waitMinutes: 0 }])
})

test('a canary is shifted at once, held, and then followed by the rest', () => {
  assert.deepEqual(trafficShifts({ type: 'TimeBasedCanary', canaryPercentage: 10, canaryInterval: 5 }), [
    { greenPercentage: 10, waitMinutes: 5 },
    { greenPercentage: 100, waitMinutes: 0 },
  ])
})

test('ten percent a minute takes nine minutes from the first shift to the last', () => {
  const shifts = trafficShifts({ type: 'TimeBasedLinear', linearPercentage: 10, linearInterval: 1 })
  assert.deepEqual(
    shifts.map(({ greenPercentage }) => greenPercentage),
    [10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
  )
  assert.equal(
    shifts.reduce((minutes, { waitMinutes }) => minutes + waitMinutes, 0),
    9,
  )
})

test('the last linear shift is capped', () => {
  const shifts = trafficShifts({ type: 'TimeBasedLinear', linearPercentage: 30, linearInterval: 2 })
  assert.deepEqual(shifts, [
    { greenPercentage: 30, waitMinutes: 2 },
    { greenPercentage: 60, waitMinutes: 2 },
    { greenPercentage: 90, waitMinutes: 2 },
    { greenPercentage: 100, waitMinutes: 0 },
  ])
})

test('every linear routing rises to one hundred, however it divides', () => {
  for (let percentage = 1; percentage <= 99; percentage += 1) {
    const shifts = trafficShifts({ type: 'TimeBasedLinear', linearPercentage: percentage, linearInterval: 1 })
    const weights = shifts.map(({ greenPercentage }) => greenPercentage)
    assert.equal(weights.at(-1), 100)
    assert.deepEqual(
      weights,
      [...new Set(weights)].toSorted((one, other) => one - other),
    )
    assert.ok(weights.every((weight, index) => weight - (weights[index - 1] ?? 0) <= percentage))
  }
})

test('all predefined configurations are there, each once, and shift as their names say', () => {
  const names = predefinedDeploymentConfigs.map(({ deploymentConfigName }) => deploymentConfigName)
  assert.equal(new Set(names).size, 17)
  assert.equal(new Set(predefinedDeploymentConfigs.map(({ deploymentConfigId }) => deploymentConfigId)).size, 17)
  for (const {
    deploymentConfigName: name,
    computePlatform,
    trafficRouting,
    minimumHealthyHosts,
  } of predefinedDeploymentConfigs) {
    const [, platform = '', kind = '', percent = '', minutes = ''] =
      /^CodeDeployDefault\.(ECS|Lambda)?(AllAtOnce|Canary|Linear|\w+?)(?:(\d+)Percent(?:Every)?(\d+)Minutes?)?$/.exec(
        name,
      ) ?? []
    assert.equal(computePlatform, platform || 'Server', name)
    assert.equal(minimumHealthyHosts !== undefined, computePlatform === 'Server', name)
    if (trafficRouting?.type === 'TimeBasedCanary') {
      assert.deepEqual(
        [kind, +percent, +minutes],
        ['Canary', trafficRouting.canaryPercentage, trafficRouting.canaryInterval],
      )
    } else if (trafficRouting?.type === 'TimeBasedLinear') {
      assert.deepEqual(
        [kind, +percent, +minutes],
        ['Linear', trafficRouting.linearPercentage, trafficRouting.linearInterval],
      )
    } else if (trafficRouting !== undefined) assert.equal(kind, 'AllAtOnce')
  }
})
