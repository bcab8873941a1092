import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decideScaling, steppedCapacity, trackedCapacity } from '../../src/domain/scaling-decision.ts'
import type { ScalingDecision, ScalingSituation, Trigger } from '../../src/domain/scaling-decision.ts'
import type { StepScaling, TargetTracking } from '../../src/domain/scaling.ts'

const minute = 60_000
const now = 100 * minute

const cpuAt50: TargetTracking = {
  kind: 'targetTracking',
  targetValue: 50,
  metric: { kind: 'predefined', type: 'ECSServiceAverageCPUUtilization' },
  disableScaleIn: false,
}

const oneMore: StepScaling = {
  kind: 'step',
  adjustmentType: 'ChangeInCapacity',
  steps: [
    { lowerBound: 0, upperBound: 10, scalingAdjustment: 1 },
    { lowerBound: 10, scalingAdjustment: 3 },
  ],
  metricAggregationType: 'Average',
}

function high(datapoints: readonly number[], wishes: Partial<Trigger> = {}): Trigger {
  return {
    policyName: 'cpu',
    alarmName: 'high',
    direction: 'high',
    threshold: 50,
    comparisonOperator: 'GreaterThanThreshold',
    datapoints,
    configuration: cpuAt50,
    ...wishes,
  }
}

function low(datapoints: readonly number[], wishes: Partial<Trigger> = {}): Trigger {
  return high(datapoints, {
    alarmName: 'low',
    direction: 'low',
    threshold: 45,
    comparisonOperator: 'LessThanThreshold',
    ...wishes,
  })
}

type Wishes = Omit<Partial<ScalingSituation>, 'target'> & { readonly target?: Partial<ScalingSituation['target']> }

function decide(triggers: readonly Trigger[], { target = {}, ...wishes }: Wishes = {}): ScalingDecision {
  const suspended = { scaleIn: false, scaleOut: false, scheduled: false }
  return decideScaling({
    capacity: 4,
    triggers,
    trackingPoliciesThatScaleIn: 1,
    now,
    minuteMilliseconds: minute,
    ...wishes,
    target: { minCapacity: 1, maxCapacity: 20, suspended, ...target },
  })
}

/** `out 8`, `AlreadyAtMaxCapacity`, `nothing` */
function inWords(decision: ScalingDecision): string {
  switch (decision.kind) {
    case 'scale':
      return `${decision.direction} ${decision.capacity}`
    case 'notScaled':
      return decision.reason.code
    case 'nothing':
      return 'nothing'
  }
}

const words = (...given: Parameters<typeof decide>): string => inWords(decide(...given))

describe('a target tracking policy', () => {
  test('scales to what brings the metric to its target', () => {
    assert.equal(trackedCapacity(4, 100, 50), 8)
    assert.equal(trackedCapacity(4, 51, 50), 5)
    assert.equal(trackedCapacity(3, 70, 70), 3)
    assert.equal(trackedCapacity(10, 0.3, 0.1), 30)
    assert.equal(trackedCapacity(4, 0, 50), 0)
  })

  test('scales out by the newest datapoint', () => {
    assert.equal(words([high([100, 60, 55])]), 'out 8')
  })

  test('scales in by the busiest of the quiet minutes', () => {
    assert.equal(words([low([5, 24, 10])]), 'in 2')
    assert.equal(words([low([44, 44])]), 'nothing')
  })

  test('stays within the bounds of its target', () => {
    assert.equal(words([high([100])], { target: { maxCapacity: 6 } }), 'out 6')
    assert.equal(words([low([1])], { target: { minCapacity: 3 } }), 'in 3')
    assert.equal(words([high([100])], { target: { maxCapacity: 4 } }), 'AlreadyAtMaxCapacity')
    assert.equal(words([low([1])], { target: { minCapacity: 4 } }), 'AlreadyAtMinCapacity')
  })

  test('never asks for more tasks than ECS lets a service have', () => {
    assert.equal(words([high([100])], { target: { minCapacity: 1_000_000, maxCapacity: 2_000_000 } }), 'out 5000')
  })

  test('brings a count beyond the bounds back', () => {
    assert.equal(words([low([1])], { target: { minCapacity: 6 } }), 'out 6')
    assert.equal(words([high([100])], { target: { maxCapacity: 2 } }), 'in 2')
  })

  test('does nothing without data', () => {
    assert.equal(words([high([])]), 'nothing')
    assert.equal(words([low([])]), 'nothing')
  })

  test('does nothing in a direction that is suspended', () => {
    const suspended = { scaleIn: true, scaleOut: false, scheduled: false }
    assert.equal(words([low([1])], { target: { suspended } }), 'nothing')
    assert.equal(words([high([100])], { target: { suspended } }), 'out 8')
    assert.equal(words([high([100])], { target: { suspended: { ...suspended, scaleOut: true } } }), 'nothing')
  })
})

describe('a cooldown', () => {
  const out = { direction: 'out', from: 4 } as const

  test('counts what was scaled out towards what is wanted now', () => {
    const target = { lastScaling: { ...out, endedAt: now - 299_000 } }
    assert.equal(words([high([100])], { capacity: 8, target }), 'nothing')
    assert.equal(words([high([150])], { capacity: 8, target }), 'out 12')
  })

  test('is over after 300 seconds, or after those of the policy', () => {
    const target = { lastScaling: { ...out, endedAt: now - 300_000 } }
    assert.equal(words([high([100])], { capacity: 8, target }), 'out 16')
    const configuration = { ...cpuAt50, scaleOutCooldownSeconds: 600 }
    assert.equal(words([high([100], { configuration })], { capacity: 8, target }), 'nothing')
    assert.equal(
      words([high([100], { configuration: { ...cpuAt50, scaleOutCooldownSeconds: 0 } })], { capacity: 8, target }),
      'out 16',
    )
  })

  test('lasts while what was scaled is not there yet', () => {
    assert.equal(words([high([100])], { capacity: 8, target: { lastScaling: out } }), 'nothing')
  })

  test('follows the clock setting as the alarms do', () => {
    const target = { lastScaling: { ...out, endedAt: now - 5_000 } }
    assert.equal(words([high([100])], { capacity: 8, target, minuteMilliseconds: 1_000 }), 'out 16')
  })

  test('keeps what was scaled in from being followed by more, and never keeps anything from scaling out', () => {
    const target = { lastScaling: { direction: 'in', from: 8, endedAt: now - 1 } as const }
    assert.equal(words([low([1])], { target }), 'nothing')
    assert.equal(words([high([100])], { target }), 'out 8')
  })
})

describe('several policies', () => {
  test('scale out to the largest of what they want', () => {
    assert.equal(words([high([60]), high([90], { policyName: 'memory' })]), 'out 8')
    assert.equal(words([high([60]), high([70], { configuration: oneMore })]), 'out 7')
  })

  test('scale out when one of them wants it, whatever the others want', () => {
    assert.equal(words([low([1]), high([100])], { trackingPoliciesThatScaleIn: 2 }), 'out 8')
  })

  test('scale in only when all that track a target agree, and as far as the most cautious', () => {
    assert.equal(words([low([10])], { trackingPoliciesThatScaleIn: 2 }), 'nothing')
    assert.equal(words([low([10]), low([30])], { trackingPoliciesThatScaleIn: 2 }), 'in 3')
    assert.equal(words([low([10]), low([44])], { trackingPoliciesThatScaleIn: 2 }), 'nothing')
  })
})

describe('a step scaling policy', () => {
  const above = { threshold: 50, comparisonOperator: 'GreaterThanThreshold' } as const
  const percent: StepScaling = {
    ...oneMore,
    adjustmentType: 'PercentChangeInCapacity',
    steps: [{ lowerBound: 0, scalingAdjustment: 10 }],
  }

  test('takes the step into which the breach falls; its lower bound belongs to it', () => {
    assert.equal(steppedCapacity(4, oneMore, { ...above, datapoints: [59.9] }), 5)
    assert.equal(steppedCapacity(4, oneMore, { ...above, datapoints: [60] }), 7)
    assert.equal(steppedCapacity(4, oneMore, { ...above, datapoints: [49] }), undefined)
  })

  test('takes the step that begins where a breach is, whatever binary fractions make of the two', () => {
    const steps = [
      { lowerBound: 0, upperBound: 0.1, scalingAdjustment: 1 },
      { lowerBound: 0.1, scalingAdjustment: 3 },
    ]
    assert.equal(steppedCapacity(4, { ...oneMore, steps }, { ...above, threshold: 0.6, datapoints: [0.7] }), 7)
    assert.equal(steppedCapacity(4, { ...oneMore, steps }, { ...above, threshold: 0.6, datapoints: [0.699] }), 5)
  })

  test('below a threshold the upper bound belongs to the step', () => {
    const policy: StepScaling = {
      ...oneMore,
      steps: [
        { upperBound: 0, lowerBound: -10, scalingAdjustment: -1 },
        { upperBound: -10, scalingAdjustment: -2 },
      ],
    }
    const below = { threshold: 50, comparisonOperator: 'LessThanThreshold' } as const
    assert.equal(steppedCapacity(4, policy, { ...below, datapoints: [41] }), 3)
    assert.equal(steppedCapacity(4, policy, { ...below, datapoints: [40] }), 2)
    assert.equal(steppedCapacity(1, policy, { ...below, datapoints: [0] }), 0)
  })

  test('aggregates the datapoints as it says; without any the threshold itself is looked at', () => {
    const breach = { ...above, datapoints: [50, 70] }
    assert.equal(steppedCapacity(4, oneMore, breach), 7)
    assert.equal(steppedCapacity(4, { ...oneMore, metricAggregationType: 'Minimum' }, breach), 5)
    assert.equal(steppedCapacity(4, oneMore, { ...above, datapoints: [] }), 5)
  })

  test('rounds percents to whole tasks, to one at least, and to its magnitude', () => {
    assert.equal(steppedCapacity(127, percent, { ...above, datapoints: [55] }), 139)
    assert.equal(steppedCapacity(4, percent, { ...above, datapoints: [55] }), 5)
    assert.equal(steppedCapacity(4, { ...percent, minAdjustmentMagnitude: 2 }, { ...above, datapoints: [55] }), 6)
  })

  test('sets an exact capacity', () => {
    const exact: StepScaling = { ...oneMore, adjustmentType: 'ExactCapacity' }
    assert.equal(steppedCapacity(9, exact, { ...above, datapoints: [55] }), 1)
  })

  test('during its cooldown adds only what a larger step has more', () => {
    const target = { lastScaling: { direction: 'out', from: 4, endedAt: now } as const }
    const at = (value: number) => words([high([value], { configuration: oneMore })], { capacity: 5, target })
    assert.equal(at(55), 'nothing')
    assert.equal(at(65), 'out 7')
  })
})
