import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { blueGreenDeployment, rollbackDeployment } from '../../src/domain/blue-green.ts'
import { DeploymentInterrupted } from '../../src/domain/deployment.ts'
import type { Deployment, DeploymentPlan } from '../../src/domain/deployment.ts'
import type { DeploymentStep, Procedure, StepResult } from '../../src/domain/step.ts'
import { aDeployment } from '../world/a-deployment.ts'

describe('a blue/green deployment', () => {
  test('passes eight lifecycle events in order with a test listener, and six without', () => {
    const withTestListener = eventsOf(storyOf(blueGreenDeployment(aDeployment({ testListener: true }))))
    assert.deepEqual(withTestListener, [
      'BeforeInstall',
      'Install',
      'AfterInstall',
      'AllowTestTraffic',
      'AfterAllowTestTraffic',
      'BeforeAllowTraffic',
      'AllowTraffic',
      'AfterAllowTraffic',
    ])
    const without = eventsOf(storyOf(blueGreenDeployment(aDeployment({ testListener: false }))))
    assert.deepEqual(without, [
      'BeforeInstall',
      'Install',
      'AfterInstall',
      'BeforeAllowTraffic',
      'AllowTraffic',
      'AfterAllowTraffic',
    ])
  })

  test('installs green, validates with test traffic, shifts production traffic, waits and terminates blue', () => {
    assert.deepEqual(deedsOf(storyOf(blueGreenDeployment(aDeployment({ testListener: true })))), [
      'recordStatus InProgress',
      'plan',
      'prepareTargetGroups',
      'createTaskSet',
      'awaitSteadyState green',
      'routeTestTraffic green',
      'routeProductionTraffic 100',
      'makePrimary green',
      'wait TERMINATION_WAIT 5',
      'deleteTaskSet blue',
      'end Succeeded',
    ])
  })

  test('shifts by the steps of its configuration', () => {
    const canary = aDeployment({
      trafficRouting: { type: 'TimeBasedCanary', canaryPercentage: 10, canaryInterval: 5 },
    })
    assert.deepEqual(
      deedsOf(storyOf(blueGreenDeployment(canary))).filter((deed) => /Production|hold/.test(deed)),
      ['routeProductionTraffic 10', 'holdTraffic 10 5', 'routeProductionTraffic 100'],
    )
  })

  test('is Ready while it waits to be continued, and Stopped when nobody does', () => {
    const deployment = aDeployment({ readyWaitInMinutes: 30 })
    const continued = deedsOf(storyOf(blueGreenDeployment(deployment), { READY_WAIT: 'continued' }))
    assert.deepEqual(continued.slice(5, 9), [
      'recordStatus Ready',
      'wait READY_WAIT 30',
      'recordStatus InProgress',
      'routeProductionTraffic 100',
    ])
    const story = storyOf(blueGreenDeployment(deployment), { READY_WAIT: 'elapsed' })
    const end = story.at(-1)
    assert(end?.kind === 'end')
    assert.equal(end.status, 'Stopped')
    assert.match(end.errorInformation?.message ?? '', /waiting for a notification to continue.*30 minutes/)
  })

  test('keeps blue when the group says KEEP_ALIVE', () => {
    const deeds = deedsOf(storyOf(blueGreenDeployment(aDeployment({ keepBlue: true }))))
    assert.deepEqual(deeds.slice(-2), ['makePrimary green', 'end Succeeded'])
  })

  test('ends as Failed or Stopped, with its current event Failed, whatever step it is interrupted in', () => {
    const calm = storyOf(blueGreenDeployment(aDeployment({ testListener: true })))
    for (const [position, step] of calm.entries()) {
      if (step.kind === 'recordEvent' || step.kind === 'recordStatus' || step.kind === 'end') continue
      for (const event of ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST'] as const) {
        const story = storyOf(blueGreenDeployment(aDeployment({ testListener: true })), {}, { position, event })
        const end = story.at(-1)
        assert(end?.kind === 'end')
        assert.equal(end.status, event === 'DEPLOYMENT_FAILURE' ? 'Failed' : 'Stopped')
        assert.equal(end.rollbackEvent, step.kind === 'plan' ? undefined : event)
        const failed = story.filter((one) => one.kind === 'recordEvent' && one.status === 'Failed')
        assert.equal(failed.length, step.kind === 'plan' || isAfterTheEvents(step) ? 0 : 1, step.kind)
      }
    }
  })

  test('lets an error that is no outcome through: a bug must not look like a failed deployment', () => {
    const procedure = blueGreenDeployment(aDeployment({}))
    procedure.next()
    assert.throws(() => procedure.throw(new TypeError('a bug')), TypeError)
  })
})

describe('a rollback deployment', () => {
  test('waits until blue serves, takes the traffic back and deletes green', () => {
    assert.deepEqual(deedsOf(storyOf(rollbackDeployment(aDeployment({ testListener: true })))), [
      'recordStatus InProgress',
      'awaitSteadyState blue',
      'routeTestTraffic blue',
      'routeProductionTraffic 0',
      'makePrimary blue',
      'deleteTaskSet green',
      'end Succeeded',
    ])
  })

  test('is not itself rolled back', () => {
    const story = storyOf(rollbackDeployment(aDeployment({})), {}, { position: 4, event: 'DEPLOYMENT_FAILURE' })
    const end = story.at(-1)
    assert(end?.kind === 'end')
    assert.equal(end.rollbackEvent, undefined)
  })
})

function isAfterTheEvents(step: DeploymentStep): boolean {
  return step.kind === 'deleteTaskSet' || (step.kind === 'wait' && step.waitFor === 'TERMINATION_WAIT')
}

type Waits = Partial<Record<'READY_WAIT' | 'TERMINATION_WAIT', 'elapsed' | 'continued'>>
type Interruption = {
  readonly position: number
  readonly event: Deployment['autoRollbackConfiguration']['events'][number]
}

/** Answers every step as a world without surprises would, and gives the steps. */
function storyOf(procedure: Procedure, waits: Waits = {}, interruption?: Interruption): readonly DeploymentStep[] {
  const story: DeploymentStep[] = []
  let next = procedure.next()
  while (next.done !== true) {
    story.push(next.value)
    next =
      interruption?.position === story.length - 1
        ? procedure.throw(
            new DeploymentInterrupted(interruption.event, { code: 'INTERNAL_ERROR', message: 'it was interrupted' }),
          )
        : procedure.next(answerTo(next.value, waits))
  }
  return story
}

function answerTo(step: DeploymentStep, waits: Waits): StepResult {
  if (step.kind === 'plan') return { kind: 'planned', plan: { hooks: [] as const } as unknown as DeploymentPlan }
  if (step.kind === 'wait') return { kind: 'waited', ended: waits[step.waitFor] ?? 'elapsed' }
  return { kind: 'done' }
}

function eventsOf(story: readonly DeploymentStep[]): readonly string[] {
  return story.flatMap((step) => (step.kind === 'recordEvent' && step.status === 'InProgress' ? [step.event] : []))
}

/** Everything but the notes on lifecycle events, in a few words each. */
function deedsOf(story: readonly DeploymentStep[]): readonly string[] {
  return story.flatMap((step) => {
    if (step.kind === 'recordEvent') return []
    const { kind, ...details } = step
    const words = Object.entries(details).flatMap(([name, value]) =>
      /^(until|timeoutInMinutes|errorInformation|rollbackEvent)$/.test(name) ? [] : [String(value)],
    )
    return [[kind, ...words].join(' ')]
  })
}
