import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgementOf } from '../../src/acceptance/judgement.ts'
import type { UrlResult } from '../../src/acceptance/url-check.ts'

const results = (outcome: UrlResult['outcome'], count: number): readonly UrlResult[] =>
  Array.from({ length: count }, () => ({ url: { path: '/' }, outcome }))

test('as many as the threshold are enough, whatever binary fractions make of it', () => {
  for (const [threshold, passed, total] of [
    [90.4, 1_243, 1_375],
    [92.4, 2_541, 2_750],
  ] as const) {
    const { isPassed, sentence } = judgementOf(
      [...results('passed', passed), ...results('failed', total - passed)],
      threshold,
    )
    assert.equal(isPassed, true, sentence)
    const one = [...results('passed', passed - 1), ...results('failed', total - passed + 1)]
    assert.equal(judgementOf(one, threshold).isPassed, false)
  }
})
