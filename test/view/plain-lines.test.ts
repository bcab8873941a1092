import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { codeDeployView } from '../../src/view/code-deploy-view.ts'
import { happenings } from '../../src/view/plain-lines.ts'
import { timeOfDay } from '../../src/view/words.ts'
import { at, eventsUntil, seenCanary, start, taskSets } from './seen.ts'

/** In this machine's time, as lines begin. */
const clock = (seconds: number): string => timeOfDay(at(seconds))

describe('what happens to a deployment, line by line', () => {
  const before = codeDeployView(seenCanary())

  test('nothing is told twice', () => {
    assert.deepEqual(happenings(before, codeDeployView(seenCanary({ at: start + 91_000 })), start), [])
  })

  test('the first look tells what there is', () => {
    const texts = happenings(undefined, before, start).map(({ text }) => text)
    assert.deepEqual(texts.slice(0, 3), [
      'Deployment d-ABCDEF123 of main/web: application web, group web, ECSCanary10Percent5Minutes',
      'It is InProgress.',
      'BeforeInstall is done after 5.0 s.',
    ])
    assert(texts.includes('Production traffic: 90% to blue, 10% to green.'))
    assert(
      texts.includes(
        `10% of production traffic goes to green, 90% to blue. Until ${clock(330)}, in 5 min 30 s. Then: 100% go to green.`,
      ),
    )
  })

  test('a shift, a stage that ends, a target that falls ill, each have a line', () => {
    const after = codeDeployView(
      seenCanary({
        target: {
          targetId: 'main:web',
          taskSetsInfo: taskSets(100),
          lifecycleEvents: eventsUntil('AfterAllowTraffic', { status: 'Succeeded', endTime: at(400) }),
        },
        groups: {
          'web-green': {
            targets: [{ TargetHealth: { State: 'unhealthy', Description: 'Request timed out' } }],
          },
        },
      }),
    )
    assert.deepEqual(
      happenings(before, after, start).map(({ kind, text }) => `${kind}: ${text}`),
      [
        'stage: AllowTraffic is done after 5.0 s.',
        'stage: AfterAllowTraffic is done after 365.0 s.'.replace('365.0 s', '6 min 5 s'),
        'stage: TERMINATION_WAIT begins. blue is kept for 10 minutes',
        'traffic: Production traffic: 0% to blue, 100% to green.',
        'health: Targets of green: 1 unhealthy (Request timed out).',
        `status: Green has all traffic; blue is kept so that going back is quick. Until ${clock(1000)}, in 16 min 40 s. Then: Blue is terminated, and there is no way back any more.`,
        'danger: health: 1 of 2 green targets is unhealthy: Request timed out.',
      ],
    )
  })
})
