import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comparisonsOf, ratioBetween, shortfalls } from '../../bench/comparison.ts'
import type { Sample } from '../../bench/router-summary.ts'
import { sample } from './samples.ts'

/** As many repetitions as figures, in which another always has 100 requests/s. */
function repeated(...figures: readonly number[]): readonly Sample[] {
  return figures.flatMap((figure, repetition) => [
    sample('teal', figure, { repetition }),
    sample('nginx', 100, { repetition }),
  ])
}

const besideNginx = { case: 'small-64', contender: 'teal', with: 'nginx' } as const

test('a ratio is that of each repetition, so that a slow minute of the machine changes none', () => {
  const samples = [
    [100, 50],
    [20, 10],
    [60, 40],
  ].flatMap(([teal = 0, nginx = 0], repetition) => [
    sample('teal', teal, { repetition }),
    sample('nginx', nginx, { repetition }),
  ])
  assert.deepEqual(ratioBetween(samples, besideNginx, 'requestsPerSecond'), { median: 2 })
})

test('a repetition in which one of the two was not measured counts for nothing', () => {
  const samples = [...repeated(110), sample('teal', 500, { repetition: 1 }), sample('nginx', 100, { repetition: 2 })]
  assert.deepEqual(ratioBetween(samples, besideNginx, 'requestsPerSecond'), { median: 1.1 })
  assert.equal(ratioBetween(samples, { ...besideNginx, with: 'caddy' }, 'requestsPerSecond'), undefined)
})

test('where Teal is slower, dearer or has longer tails it is said, with the figure', () => {
  const samples = [
    sample('teal', 90, { cpuSecondsPer10000: 0.3, p99Milliseconds: 4 }),
    sample('haproxy', 100),
    sample('nginx', 80, { cpuSecondsPer10000: 0.4, p99Milliseconds: 3 }),
  ]
  assert.deepEqual(shortfalls(comparisonsOf(samples, ['small-64'], ['haproxy', 'nginx', 'caddy'])), [
    'small-64: behind haproxy: 0.90 × its requests/s, 2.00 × its CPU per request, 2.00 × its p99',
  ])
})

test('what may be chance is told as such, what is not is not', () => {
  assert.deepEqual(told(97, 98, 99, 98, 102, 96, 98), [
    'small-64: behind nginx: 0.98 × (0.96–1.02) its requests/s, which may be chance',
  ])
  assert.deepEqual(told(97, 98, 99, 98, 97, 96, 98), ['small-64: behind nginx: 0.98 × (0.96–0.99) its requests/s'])
  assert.deepEqual(told(97, 101, 102, 98, 103, 101, 102), [])
})

function told(...figures: readonly number[]): readonly string[] {
  return shortfalls(comparisonsOf(repeated(...figures), ['small-64'], ['nginx']))
}
