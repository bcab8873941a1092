import assert from 'node:assert/strict'
import { test } from 'node:test'
import { desyncClassOf, DesyncReason, desyncReasonName, desyncVerdict } from '../../src/router/desync.ts'

const { compliant, nonCompliantHeader, suspiciousHeader, getHeadZeroContentLength, bothTeClPresent } = DesyncReason

test('a compliant request is passed on in every mode', () => {
  for (const mode of ['monitor', 'defensive', 'strictest'] as const) {
    assert.equal(desyncVerdict(compliant, mode), 'forward')
  }
})

test('an acceptable request is passed on, but not in strictest mode', () => {
  for (const reason of [nonCompliantHeader, getHeadZeroContentLength]) {
    assert.equal(desyncVerdict(reason, 'monitor'), 'forward')
    assert.equal(desyncVerdict(reason, 'defensive'), 'forward')
    assert.equal(desyncVerdict(reason, 'strictest'), 'refuse')
  }
})

test('an ambiguous request is passed on and both connections closed behind it, but not in strictest mode', () => {
  assert.equal(desyncVerdict(suspiciousHeader, 'monitor'), 'forward')
  assert.equal(desyncVerdict(suspiciousHeader, 'defensive'), 'forward-and-close')
  assert.equal(desyncVerdict(suspiciousHeader, 'strictest'), 'refuse')
})

test('every reason has the word and the class an access log has for it', () => {
  for (const [key, reason] of Object.entries(DesyncReason)) {
    if (key === 'compliant') continue
    assert.equal(desyncReasonName(reason).toLowerCase(), key.toLowerCase())
    assert.notEqual(desyncClassOf(reason), 'Compliant')
  }
  assert.equal(desyncReasonName(compliant), '-')
  assert.equal(desyncClassOf(bothTeClPresent), 'Ambiguous')
  assert.equal(desyncClassOf(DesyncReason.badHeader), 'Severe')
})
