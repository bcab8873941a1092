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

test('one request is one, and thousands are told as people read them', () => {
  const sides = [side('blue', 12_480), side('green', 1)]
  const shown = sideLines({ sides }, 120).map(textOf).join('\n')
  assert.match(shown, /in all +12,480 requests, 0 failed +1 request, 0 failed/)
  assert.deepEqual(affected(sides), [
    'blue (web-blue): 12,480 requests, none failed',
    'green (web-green): 1 request, none failed',
  ])
})
