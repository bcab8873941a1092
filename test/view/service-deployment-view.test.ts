import type { ServiceDeployment } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { happenings } from '../../src/view/plain-lines.ts'
import { serviceDeploymentView, type SeenServiceDeployment } from '../../src/view/service-deployment-view.ts'
import { at, shown, start } from './seen.ts'

const arn = 'arn:aws:ecs:us-east-1:000000000000:service-deployment/main/web/0123456789abcdef01234'
const check = 'arn:aws:lambda:us-east-1:000000000000:function:check'
const revision = (family: string) => ({
  serviceRevisionArn: `arn:aws:ecs:us-east-1:000000000000:service-revision/main/web/${family}`,
  taskDefinition: `arn:aws:ecs:us-east-1:000000000000:task-definition/${family}`,
  loadBalancers: [
    {
      targetGroupArn: `arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web-${family.at(-1)}/0123`,
      advancedConfiguration: { testListenerRule: 'rule' },
    },
  ],
})

/** From web:1 to web:2, as AWS answers it; changed as a test needs. */
function seenService(
  deployment: Partial<ServiceDeployment>,
  change: Partial<SeenServiceDeployment> = {},
): SeenServiceDeployment {
  const revisions = [revision('web:2'), revision('web:1')]
  const summary = (place: number, weight: number) => ({
    arn: revisions[place]?.serviceRevisionArn,
    requestedTaskCount: 2,
    runningTaskCount: 2,
    pendingTaskCount: 0,
    requestedProductionTrafficWeight: weight,
  })
  return {
    at: start + 90_000,
    minuteMilliseconds: 60_000,
    deployment: {
      serviceDeploymentArn: arn,
      status: 'IN_PROGRESS',
      createdAt: at(0),
      startedAt: at(0),
      targetServiceRevision: summary(0, 0),
      sourceServiceRevisions: [summary(1, 100)],
      deploymentConfiguration: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 10 },
      ...deployment,
    },
    revisions,
    stageTimes: { PRE_SCALE_UP: start, SCALE_UP: start + 10_000 },
    groups: {},
    alarms: [],
    alarmNames: [],
    stoppedTasks: [],
    logLines: [],
    protectedTasks: [],
    ...change,
  }
}

const rolledBack = {
  status: 'ROLLBACK_SUCCESSFUL',
  finishedAt: at(60),
  rollback: { startedAt: at(40) },
} as const

describe('a deployment of ECS itself as people see it', () => {
  test('that has gone back failed at the stage it had come to, and later ones were not done', () => {
    const view = serviceDeploymentView(
      seenService({
        ...rolledBack,
        lifecycleStage: 'TEST_TRAFFIC_SHIFT',
        statusReason: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
      }),
    )
    assert.deepEqual(
      view.stages.slice(0, 4).map(({ name, state }) => [name, state]),
      [
        ['PRE_SCALE_UP', 'done'],
        ['SCALE_UP', 'failed'],
        ['POST_SCALE_UP', 'skipped'],
        ['TEST_TRAFFIC_SHIFT', 'skipped'],
      ],
    )
    assert.equal(view.stages[1]?.endedAt, at(40).getTime())
  })

  test('whose hook said no tells its lines, what is live, and where to read more', () => {
    const reason = `Service deployment rolled back because POST_SCALE_UP lifecycle hook(s) failed. Lifecycle hook target ${check} returned FAILED status.`
    const text = shown(
      serviceDeploymentView(
        seenService(
          {
            ...rolledBack,
            statusReason: reason,
            lifecycleHookDetails: [{ targetArn: check, targetType: 'AWS_LAMBDA', status: 'FAILED' }],
          },
          { hookLogs: { [check]: ['START RequestId: 1', 'GET /checkout answered 500', 'END RequestId: 1'] } },
        ),
      ),
    )
    assert.match(text, /ROLLBACK_SUCCESSFUL in POST_SCALE_UP\n/)
    assert.match(text, /Lifecycle hook\s+target check returned FAILED status\./)
    assert.match(text, /Evidence\n {2}the hook check: FAILED\n {2}\| GET \/checkout answered 500\nWho/)
    assert.match(text, /web:1 is the service again, with all of its traffic\n/)
    assert.match(text, /teal logs --hook check --since 1h +all that the hook wrote\n/)
    assert.match(text, /teal deploy --service main\/web +deploy a revision that works$/)
  })

  test('that replaces tasks behind one group tells of no shares, and of targets that they are of both', () => {
    const shares = { requestedTaskCount: 2, runningTaskCount: 2, pendingTaskCount: 0 }
    const [web2, web1] = [revision('web:2'), { ...revision('web:1'), loadBalancers: revision('web:2').loadBalancers }]
    const view = serviceDeploymentView(
      seenService(
        {
          targetServiceRevision: { arn: web2.serviceRevisionArn, ...shares },
          sourceServiceRevisions: [{ arn: web1.serviceRevisionArn, ...shares }],
          deploymentConfiguration: { strategy: 'ROLLING' },
        },
        {
          revisions: [web2, web1],
          groups: { 'web-2': { targets: [{ TargetHealth: { State: 'healthy' } }] } },
        },
      ),
    )
    const text = shown(view)
    assert.doesNotMatch(text, /\n {2}traffic|none yet|no targets/)
    assert.match(text, /\n {2}health +– +1 healthy\n/)
    const texts = happenings(undefined, view, start).map((happening) => happening.text)
    assert(texts.includes('Targets, of old and new tasks: 1 healthy.'), texts.join('\n'))
  })

  test('whose tasks failed their health check tells what the check answered', () => {
    const task = {
      stopCode: 'ServiceSchedulerInitiated' as const,
      stoppedReason: 'Task failed ELB health checks in (target-group web-2)',
      containers: [{ name: 'web', exitCode: 0 }],
    }
    const scaledIn = { ...task, stoppedReason: 'Scaling activity initiated by (deployment ecs-svc/1)' }
    const message =
      '(service web) (task 0123) (port 8080) is unhealthy in (target-group web-2) due to (reason Health checks failed with these codes: [503]).'
    // Of the deployment after it.
    const later = message.replace('503', '404')
    const { diagnosis } = serviceDeploymentView(
      seenService(
        { ...rolledBack, statusReason: 'tasks failed to start' },
        {
          stoppedTasks: [task, task, scaledIn],
          service: {
            events: [
              { createdAt: at(90), message: later },
              { createdAt: at(30), message },
            ],
          },
        },
      ),
    )
    assert.deepEqual(diagnosis?.evidence, [
      '2 green tasks stopped: container web ended with exit code 0: Task failed ELB health checks in (target-group web-2)',
      'a target of web-2 was unhealthy: Health checks failed with these codes: [503]',
    ])
    assert.deepEqual(diagnosis?.affected, ['no numbers of requests are known'])
  })

  test('whose tasks crashed tells what they wrote last, also where no log has it', () => {
    const message =
      '(service web, taskSet ecs-svc/1) (task 0123) the last lines of container web: "starting / no "db"".'
    const statusReason = 'Service deployment rolled back because the circuit breaker threshold was exceeded.'
    const evidence = (logLines: readonly string[]) => {
      const service = { events: [{ createdAt: at(40), message }] }
      return serviceDeploymentView(seenService({ ...rolledBack, statusReason }, { logLines, service })).diagnosis
        ?.evidence
    }
    assert.deepEqual(evidence([]), ['the last lines of container web:', '| starting', '| no "db"'])
    assert.deepEqual(evidence(['of its log']), ['| of its log'])
  })

  test('whose tasks failed points at their log where there is one', () => {
    const stoppedTasks = [{ stopCode: 'EssentialContainerExited' as const }]
    const suggested = [['no database'], []].map((logLines) => {
      const { diagnosis } = serviceDeploymentView(seenService(rolledBack, { logLines, stoppedTasks }))
      return diagnosis?.next.some(({ command }) => command.startsWith('teal logs --service '))
    })
    assert.deepEqual(suggested, [true, false])
  })

  test('that waits at a PAUSE hook says what to type, and until when', () => {
    const { phase, outlook, dangers } = serviceDeploymentView(
      seenService({
        lifecycleHookDetails: [
          { hookId: 'ecs-pause-1', targetType: 'PAUSE', status: 'AWAITING_ACTION', expiresAt: at(600) },
        ],
      }),
    )
    assert.equal(phase, 'waiting')
    assert.match(outlook.now, /somebody has to say how it goes on \(teal continue 0123456789abcdef01234\)/)
    assert.equal(outlook.until, at(600).getTime())
    assert.equal(dangers[0]?.text, 'somebody has to continue it, else it is rolled back')
  })

  test('that was stopped as it was takes nothing back, and points at what is live', () => {
    const { diagnosis, phase } = serviceDeploymentView(
      seenService({ status: 'STOPPED', finishedAt: at(60), lifecycleStage: 'SCALE_UP' }),
    )
    assert.equal(phase, 'stopped')
    assert.match(diagnosis?.state.at(-1) ?? '', /^nothing was taken back/)
    assert.equal(diagnosis?.next[0]?.command, 'teal status main/web')
  })
})

describe('protected tasks', () => {
  const protectedTasks = [
    { taskId: 'aaa', startedBy: 'ecs-svc/1', until: start + 200_000 },
    { taskId: 'bbb', startedBy: 'ecs-svc/1', until: start + 100_000 },
  ]
  const outlook = (deployment: Partial<ServiceDeployment>) =>
    serviceDeploymentView(seenService(deployment, { protectedTasks })).outlook

  test('are what a rolling update, the last stage of another one and a way back wait for', () => {
    for (const deployment of [
      { deploymentConfiguration: { strategy: 'ROLLING' } },
      { lifecycleStage: 'CLEAN_UP' },
      { status: 'ROLLBACK_IN_PROGRESS' },
    ] satisfies Partial<ServiceDeployment>[]) {
      const { now, until, next } = outlook(deployment)
      assert.match(
        now,
        /^Tasks aaa \(until \S+\) and bbb \(until \S+\) are protected from scale-in: they are waited for/,
      )
      assert.equal(until, start + 200_000)
      assert.equal(next, 'They are stopped, unless protected for longer.')
    }
  })

  test('hold nothing up before', () => {
    assert.match(outlook({ lifecycleStage: 'SCALE_UP' }).now, /^Every task of green has to be healthy/)
  })
})

const commands = (deployment: Partial<ServiceDeployment>) =>
  serviceDeploymentView(seenService(deployment)).commands.map(({ command }) => command)

test('nothing is suggested that is refused: no way back from a way back, nor from the end of the former revision', () => {
  assert.deepEqual(commands({ lifecycleStage: 'BAKE_TIME' }), ['teal stop 0123456789abcdef01234 --rollback'])
  assert.deepEqual(commands({ lifecycleStage: 'CLEAN_UP' }), [])
  assert.deepEqual(commands({ status: 'ROLLBACK_IN_PROGRESS', lifecycleStage: 'PRODUCTION_TRAFFIC_SHIFT' }), [])
})
