import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SideView } from '../../src/view/deployment-view.ts'
import { affected } from '../../src/view/evidence.ts'
import { sideLines } from '../../src/view/side-lines.ts'
import { textOf } from '../../src/view/styled.ts'

function side(colour: SideView['colour'], requests: number): SideView {
  const traffic = { requestsPerSecond: 0, errorShare: 0, requests, errors: 0 }
  return { colour, targetGroup: `web-${colour}`, desired: 1, running: 1, pending: 0, traffic }
}

test('a screen too small for two columns shows both sides below each other, what says most first', () => {
  const traffic = { requestsPerSecond: 90.04, errorShare: 0.5, requests: 100, errors: 50 }
  const health = {
    counts: [
      { state: 'healthy', count: 1 },
      { state: 'unhealthy', count: 1 },
    ],
  }
  const sides: readonly SideView[] = [
    { ...side('blue', 1), weight: 90, runs: 'web:1', health: { counts: [{ state: 'healthy', count: 1 }] } },
    { ...side('green', 0), weight: 10, runs: 'web:2', desired: 2, health, traffic },
  ]
  assert.deepEqual(sideLines({ sides }, 24).map(textOf), [
    'BLUE   90% 1/1 healthy',
    'GREEN  10% 1/2 healthy',
    'BLUE  web-blue web:1',
    'GREEN web-green web:2',
    'BLUE  0/s – errors',
    'GREEN 90/s 50% errors',
  ])
  const shared = sides.map((each) => ({ ...each, health: undefined, isShared: true }))
  assert.deepEqual(sideLines({ sides: shared, endedAt: 1 }, 37).map(textOf).slice(0, 3), [
    'BLUE  1/1 running',
    'GREEN 1/2 running',
    'BLUE  web-blue web:1',
  ])
  assert.match(sideLines({ sides }, 38).map(textOf).join(), /BLUE web-b… GREEN web-…/)
})

test('one request is one, and thousands are told as people read them', () => {
  const sides = [side('blue', 12_480), side('green', 1)]
  const shown = sideLines({ sides }, 120).map(textOf).join('\n')
  assert.match(shown, /in all +12,480 requests, 0 failed +1 request, 0 failed/)
  assert.deepEqual(affected(sides), [
    'blue (web-blue): 12,480 requests, none failed',
    'green (web-green): 1 request, none failed',
  ])
})
