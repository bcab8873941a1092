import assert from 'node:assert/strict'
import { test } from 'node:test'
import { footLines, type Foot } from '../../src/cli/watching-foot.ts'
import { textOf } from '../../src/view/styled.ts'

const asking = { isAsking: true }
const lost = {
  isAsking: false,
  lost: { why: 'nothing answers at http://127.0.0.1:4566.', since: 0 },
  told: 'It is told.',
}

test('what stands below a deployment is never wider than the screen, nor higher', () => {
  for (const foot of [asking, lost, { isAsking: false }]) {
    for (let width = 20; width < 150; width += 1) {
      for (const height of [3, 5, 24]) {
        const lines = shown(foot, width, height)
        assert(lines.length <= height, `${lines.length} lines`)
        for (const line of lines) assert(line.length <= width, `${width}: ${line}`)
      }
    }
  }
})

test('where there is room for it, what can be answered is one line', () => {
  assert.equal(shown(asking, 140, 24).length, 2)
  assert.deepEqual(shown(asking, 60, 24), [
    '  What shall be done?',
    '  r  stop it and roll back',
    '  s  stop it, and leave all as it is now',
    '  l  leave it running, and end here',
    '  any other key  go on watching',
  ])
})

test('where there is little room, what can be typed stays', () => {
  assert.deepEqual(shown(lost, 30, 3), ['  It is told.', '  Ctrl-C: stop it, or leave it', '  running'])
})

function shown(foot: Foot, width: number, height: number): readonly string[] {
  return footLines(foot, { width, height }, 5_000).map(textOf)
}
