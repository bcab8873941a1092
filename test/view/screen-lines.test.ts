import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { codeDeployView } from '../../src/view/code-deploy-view.ts'
import { seenCanary, shown } from './seen.ts'

describe('a deployment on a screen', () => {
  const view = codeDeployView(
    seenCanary({
      service: {
        events: Array.from({ length: 9 }, (_, place) => ({
          createdAt: new Date(Date.UTC(2027, 2, 1, 14, 0, 50 - place)),
          message: `(service web) has started ${place} tasks: ${'(task 0123456789abcdef0123456789abcdef) '.repeat(4)}`,
        })),
      },
    }),
  )

  test('is never wider nor higher than the screen, whatever its size', () => {
    for (const width of [20, 40, 79, 80, 100, 131, 132, 200, 300]) {
      for (const height of [1, 3, 5, 8, 14, 24, 40, 100]) {
        const lines = shown(view, { width, height }).split('\n')
        assert(lines.length <= height, `${lines.length} lines at ${width}×${height}`)
        for (const line of lines) assert(line.length <= width, `${line.length} columns at ${width}×${height}: ${line}`)
      }
    }
  })

  test('keeps what matters most where there is little room', () => {
    const text = shown(view, { height: 9 })
    assert.match(text, /^● Deployment d-ABCDEF123/)
    assert.match(text, /◐ AllowTraffic/)
    assert.match(text, /Now {3}10% of production traffic/)
    assert.match(text, /traffic {5}█+░+ 90%/)
    assert.doesNotMatch(text, /Latest|BeforeInstall/)
  })

  test('has two columns where it is wide', () => {
    assert.match(
      shown(view, { width: 200 }),
      /✔ Install .* +BLUE web-blue +GREEN web-green|BLUE web-blue.*GREEN web-green/,
    )
    assert.match(shown(view, { width: 200 }), /Latest\n/)
  })
})
