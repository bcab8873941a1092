import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SeenCodeDeploy } from '../../src/view/seen-code-deploy.ts'
import { codeDeployView } from '../../src/view/code-deploy-view.ts'
import { at, eventsUntil, seenCanary, shown, start, taskSets } from './seen.ts'

process.env['TZ'] = 'UTC'

describe('a deployment of CodeDeploy as people see it', () => {
  test('a canary shows its stages, what comes next and when, and both sides', () => {
    assert.equal(
      shown(codeDeployView(seenCanary())),
      `● Deployment d-ABCDEF123  InProgress  main/web  1 min 30 s
  application web, group web, ECSCanary10Percent5Minutes

  ✔ BeforeInstall                 5.0 s
  ✔ Install                       5.0 s
  ✔ AfterInstall                  5.0 s
  ✔ AllowTestTraffic              5.0 s
  ✔ AfterAllowTestTraffic         5.0 s
  ✔ BeforeAllowTraffic            5.0 s
  ◐ AllowTraffic              1 min 0 s
  ○ AfterAllowTraffic
  ○ TERMINATION_WAIT                     blue is kept for 10 minutes
  ○ Terminate blue

  Now   10% of production traffic goes to green, 90% to blue. (4 min 0 s left)
  Next  100% go to green.
  End   at 14:15:30 at the earliest, in 14 min 0 s

              BLUE web-blue                    GREEN web-green
  traffic     ███████████████████████░░░ 90%   ███░░░░░░░░░░░░░░░░░░░░░░░ 10%
  runs        PRIMARY                          ACTIVE
  tasks       2 of 2 running                   2 of 2 running
  health      2 healthy                        2 healthy
  requests/s  90                               10
  errors      0%                               0%
  p50, p99    4.2 ms, 1.3 s                    4.2 ms, 1.3 s
  in all      5,400 requests, 0 failed         600 requests, 0 failed

What would stop it or send it back
  · rollback  by itself when it fails, when an alarm fires

  teal stop d-ABCDEF123 --rollback  all traffic back to blue`,
    )
  })

  test('an alarm is shown with its value beside its threshold, and is near from half of it on', () => {
    const alarm = {
      AlarmName: 'web-5xx',
      MetricName: 'HTTPCode_Target_5XX_Count',
      Statistic: 'Sum' as const,
      ComparisonOperator: 'GreaterThanThreshold' as const,
      Threshold: 10,
      EvaluationPeriods: 3,
      DatapointsToAlarm: 2,
      Period: 60,
      StateValue: 'OK' as const,
    }
    const withValue = (value: number) =>
      codeDeployView(seenCanary({ alarms: [{ alarm, value }], alarmNames: ['web-5xx', 'gone'] })).dangers
    assert.deepEqual(
      withValue(5).map(({ name, level, text }) => [name, level, text]),
      [
        ['rollback', 'calm', 'by itself when it fails, when an alarm fires'],
        ['alarm web-5xx', 'near', '5 now; fires when HTTPCode_Target_5XX_Count (Sum) is > 10 in 2 of 3 times 1 min'],
        ['alarm gone', 'unknown', 'there is no alarm of this name, so nothing is watched'],
      ],
    )
    assert.equal(withValue(4)[1]?.level, 'calm')
    const firing = codeDeployView(
      seenCanary({ alarms: [{ alarm: { ...alarm, StateValue: 'ALARM' }, value: 12 }], alarmNames: ['web-5xx'] }),
    )
    assert.equal(firing.dangers[1]?.level, 'reached')
  })

  test('Ready says who has to do what until when, and that it is stopped otherwise', () => {
    const { deployment } = seenCanary()
    const view = codeDeployView(
      seenCanary({
        deployment: {
          ...deployment,
          status: 'Ready',
          blueGreenDeploymentConfiguration: {
            deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 30 },
          },
        },
        target: {
          lifecycleEvents: eventsUntil('BeforeAllowTraffic', { status: 'Pending' }),
          taskSetsInfo: taskSets(0),
        },
      }),
    )
    assert.equal(view.phase, 'waiting')
    assert.equal(view.outlook.until, start + 25_000 + 30 * 60_000)
    assert.equal(view.commands[0]?.command, 'teal continue d-ABCDEF123')
    assert.match(shown(view), /◐ READY_WAIT +1 min 5 s {2}for somebody to allow production/)
    const small = shown(view, { height: 14 })
    assert.match(
      small,
      /allow production\s+traffic\s+\(teal\s+continue\s+d-ABCDEF123\)\./,
      'also where there is little room',
    )
  })

  test('installing counts healthy tasks and says when it is given up; minutes are as long as they are here', () => {
    const view = codeDeployView(
      seenCanary({
        minuteMilliseconds: 1_000,
        target: { lifecycleEvents: eventsUntil('Install'), taskSetsInfo: taskSets(0) },
        groups: {
          'web-green': {
            targets: [
              { TargetHealth: { State: 'healthy' } },
              { TargetHealth: { State: 'unhealthy', Description: 'Health checks failed with these codes: [503]' } },
            ],
          },
        },
      }),
    )
    const text = shown(view, { now: start + 15_000 })
    assert.match(text, /Now {3}Every task of green has to be healthy: 1 of 2 tasks are\./)
    assert.match(text, /! health +1 of 2 green targets is unhealthy: Health checks failed with these/)
    assert.match(
      text,
      /time-out +all 2 tasks have to be healthy \(1 now\) within 60 minutes\s+\(1 min 0\s+s here\): 50\.0 s left/,
    )
    assert.match(text, /\n {2}a minute lasts 1\.0 s here\n/)
  })

  test('blue is kept, then terminated', () => {
    const { deployment } = seenCanary()
    const events = eventsUntil('AfterAllowTraffic', { status: 'Succeeded', endTime: at(60) })
    const kept = codeDeployView(seenCanary({ target: { lifecycleEvents: events, taskSetsInfo: taskSets(100) } }))
    assert.equal(kept.outlook.until, start + 60_000 + 600_000)
    assert.equal(kept.outlook.endsAt, start + 60_000 + 600_000)
    const [, green = {}] = taskSets(100)
    const going = codeDeployView(seenCanary({ target: { lifecycleEvents: events, taskSetsInfo: [green] } }))
    assert.equal(going.stages.at(-1)?.state, 'running')
    const done = codeDeployView(
      seenCanary({
        deployment: { ...deployment, status: 'Succeeded', completeTime: at(700) },
        target: { lifecycleEvents: events, taskSetsInfo: [green] },
      }),
    )
    assert.equal(done.phase, 'succeeded')
    assert.match(shown(done), /✔ Deployment d-ABCDEF123 {2}Succeeded {2}11 min 40 s/)
    assert.doesNotMatch(shown(done), /What would stop it/)
  })

  test('a hook that failed ends with its lines, who met green, how things are, and what to type', () => {
    const { deployment } = seenCanary()
    const diagnostics = {
      errorCode: 'ScriptFailed' as const,
      scriptName: 'check-green',
      message: 'The hook has failed.',
      logTail:
        'START RequestId: 1\n' +
        '2026-11-21T05:59:37.215Z\t6740a5bc-9f3c-40be-a169-f0e7dce85d85\tINFO\tGET /\tanswered 500, expected 200\n' +
        'END RequestId: 1',
    }
    const view = codeDeployView(
      seenCanary({
        deployment: {
          ...deployment,
          status: 'Failed',
          completeTime: at(60),
          errorInformation: { code: 'HOOK_EXECUTION_FAILURE', message: 'A hook has reported Failed.' },
          rollbackInfo: { rollbackDeploymentId: 'd-BACKBACK1', rollbackMessage: '' },
        },
        target: {
          taskSetsInfo: taskSets(0),
          lifecycleEvents: eventsUntil('AfterAllowTestTraffic', { status: 'Failed', endTime: at(60), diagnostics }),
        },
      }),
    )
    const text = shown(view)
    assert.match(text, /– TERMINATION_WAIT *\n/, 'it never came to that')
    const end = text.slice(text.indexOf('Why\n'))
    assert.equal(
      end,
      `Why
  HOOK_EXECUTION_FAILURE in AfterAllowTestTraffic
  A hook has reported Failed.
Evidence
  the hook on AfterAllowTestTraffic, check-green: ScriptFailed
  | GET / answered 500, expected 200
Who met it
  blue (web-blue): 5,400 requests, none failed
  green (web-green): 600 requests, none failed
How things are
  blue web-blue: 100% of traffic, 2 of 2 tasks running when it ended
  green web-green: 0% of traffic, 2 of 2 tasks running when it ended
  deployment d-BACKBACK1 brings all traffic back to blue
Next
  teal watch d-BACKBACK1       how the rollback goes
  teal deployment d-ABCDEF123  the whole story
  teal hook run check-green    run the hook alone, as often as you like
  teal deploy                  deploy a revision that works`,
    )
  })

  test('tasks that crashed are told once for all that ended alike, with their last lines', () => {
    const { deployment } = seenCanary()
    const task = {
      stopCode: 'EssentialContainerExited' as const,
      stoppedReason: 'Essential container in task exited',
      containers: [{ name: 'web', exitCode: 3 }],
    }
    const { diagnosis } = codeDeployView(
      seenCanary({
        deployment: { ...deployment, status: 'Failed', completeTime: at(60) },
        stoppedTasks: [task, task],
        logLines: ['cannot reach the database'],
      }),
    )
    assert.deepEqual(diagnosis?.evidence, [
      '2 green tasks stopped: container web ended with exit code 3: Essential container in task exited',
      '| cannot reach the database',
    ])
  })

  test('a log is what to look at next where tasks that failed have one', () => {
    const { deployment } = seenCanary()
    const errorInformation = { code: 'TIMEOUT' as const, message: 'The deployment timed out.' }
    const crashed = [{ stopCode: 'EssentialContainerExited' as const }]
    const suggests = (change: Partial<SeenCodeDeploy>): boolean => {
      const failed = { ...deployment, status: 'Failed' as const, completeTime: at(60), errorInformation }
      const { diagnosis } = codeDeployView(seenCanary({ deployment: failed, ...change }))
      return diagnosis?.next.some(({ command }) => command === 'teal logs --service main/web --since 1h') ?? false
    }
    assert(suggests({ stoppedTasks: crashed, logLines: ['no database'] }))
    assert(!suggests({ stoppedTasks: crashed }), 'nothing is there')
    assert(suggests({}), 'its tasks run, and may say why they are not healthy')
  })

  test('one that has not started yet says so', () => {
    const { deployment } = seenCanary()
    const view = codeDeployView(seenCanary({ deployment: { ...deployment, status: 'Queued' }, target: undefined }))
    assert.equal(view.outlook.now, 'It waits for an earlier deployment of the group to end.')
    assert.deepEqual([view.stages.at(0)?.name, view.sides], ['TERMINATION_WAIT', []])
  })
})

describe('a deployment of which blue has protected tasks', () => {
  const held = { taskId: '0123456789abcdef0123456789abcdef', startedBy: 'ecs-svc/Blue', until: start + 3_600_000 }
  const cluster = 'arn:aws:ecs:us-east-1:000000000000:cluster/main'
  const waiting = (blue: 'DRAINING' | 'ACTIVE', change: Partial<SeenCodeDeploy> = {}) =>
    codeDeployView(
      seenCanary({
        target: {
          targetId: 'main:web',
          lifecycleEvents: [{ lifecycleEventName: 'AfterAllowTraffic', status: 'Succeeded', endTime: at(80) }],
          taskSetsInfo: [{ ...taskSets(100)[0], status: blue }],
        },
        service: { clusterArn: cluster, taskSets: [{ id: 'ecs-svc/Blue', status: blue }] },
        protectedTasks: [held],
        ...change,
      }),
    )

  test('says that it waits for them, until when, and how to wait no longer; there is no way back to suggest', () => {
    const { outlook, commands, stages } = waiting('DRAINING')
    assert.match(
      outlook.now,
      /^Task 01234567 is protected from scale-in until \S+: it is waited for, without a time-out\./,
    )
    assert.equal(outlook.until, held.until)
    assert.equal(outlook.next, 'It is stopped, unless protected for longer.')
    assert.equal(stages.at(-1)?.note, 'its protected tasks are waited for')
    const command = `aws ecs update-task-protection --cluster main --no-protection-enabled --tasks ${held.taskId}`
    assert.deepEqual(commands, [{ command, effect: 'wait no longer' }])
  })

  test('says nothing of them before blue is terminated', () => {
    assert.match(waiting('ACTIVE').outlook.now, /blue is kept/)
  })

  test('suggests no command that is refused while blue is terminated', () => {
    assert.deepEqual(waiting('DRAINING', { protectedTasks: [] }).commands, [])
  })

  test('names the day where their protection ends on another one', () => {
    const { outlook } = waiting('DRAINING', { protectedTasks: [{ ...held, until: start + 40 * 3_600_000 }] })
    assert.match(outlook.now, /until 2027-03-0[23] \d\d:\d\d:\d\d: it is/)
  })
})
