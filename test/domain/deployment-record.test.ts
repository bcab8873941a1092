import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deploymentRecord } from '../../src/domain/deployment-record.ts'
import type { Deployment } from '../../src/domain/deployment.ts'
import { aDeployment } from '../world/a-deployment.ts'

const createTime = Date.parse('2027-03-01T12:00:00Z')
const deployment: Deployment = { ...aDeployment({ createTime }), status: 'InProgress', startTime: createTime + 250 }
const nothing = { journal: [], taskSets: [], observations: [], taskDefinitions: {} }

test('times are told in UTC, and what is not known yet is left out', () => {
  const record = deploymentRecord({ deployment, ...nothing })
  assert.equal(record.createTime, '2027-03-01T12:00:00.000Z')
  assert.equal(record.startTime, '2027-03-01T12:00:00.250Z')
  assert.equal('completeTime' in record, false)
  assert.deepEqual(record.traffic, { counted: true, answered: 0, failed: 0, givenUp: 0, totals: [], rows: [] })
})

test('the steps of the journal have a sentence each, also the one that is being performed', () => {
  const { deploymentId } = deployment
  const { steps } = deploymentRecord({
    deployment,
    ...nothing,
    journal: [
      {
        deploymentId,
        position: 0,
        step: { kind: 'recordStatus', status: 'InProgress' },
        begunAt: createTime,
        outcome: { at: createTime + 1, result: { kind: 'done' } },
      },
      { deploymentId, position: 1, step: { kind: 'plan' }, begunAt: createTime + 2 },
    ],
  })
  assert.deepEqual(steps, [
    {
      position: 0,
      kind: 'recordStatus',
      begunAt: '2027-03-01T12:00:00.000Z',
      endedAt: '2027-03-01T12:00:00.001Z',
      sentence: 'The deployment is InProgress.',
    },
    {
      position: 1,
      kind: 'plan',
      begunAt: '2027-03-01T12:00:00.002Z',
      sentence: 'Now reading the AppSpec, the service and the listeners.',
    },
  ])
})

test('failed requests are told by the revision that they met', () => {
  const { traffic } = deploymentRecord({
    deployment,
    ...nothing,
    taskDefinitions: { 'web-green': 'arn:aws:ecs:us-east-1:000000000000:task-definition/web:2' },
    observations: [
      {
        kind: 'traffic',
        from: createTime,
        to: createTime + 1_000,
        weights: { 'web-green': 100 },
        counts: [
          { listener: 'production', targetGroup: 'web-green', outcome: '5xx', count: 3 },
          { listener: 'production', outcome: 'elb-5xx', count: 1 },
        ],
      },
    ],
  })
  assert.equal(traffic.failed, 4)
  assert.deepEqual(traffic.totals, [
    {
      listener: 'production',
      targetGroup: 'web-green',
      outcome: '5xx',
      count: 3,
      taskDefinition: 'arn:aws:ecs:us-east-1:000000000000:task-definition/web:2',
    },
    { listener: 'production', outcome: 'elb-5xx', count: 1 },
  ])
})

test('a hook is told with what it reported and wrote, and without the id that would let others report in its place', () => {
  const { hooks } = deploymentRecord({
    deployment: {
      ...deployment,
      hookExecutions: [
        {
          event: 'AfterInstall',
          functionName: 'check',
          executionId: 'secret',
          startedAt: createTime,
          verdict: { status: 'Failed', at: createTime + 5 },
          invocation: { endedAt: createTime + 9, result: 'null', logLines: ['GET / answered 500'] },
          closed: true,
        },
      ],
    },
    ...nothing,
  })
  assert.deepEqual(hooks, [
    {
      event: 'AfterInstall',
      functionName: 'check',
      startedAt: '2027-03-01T12:00:00.000Z',
      verdict: { status: 'Failed', at: '2027-03-01T12:00:00.005Z' },
      endedAt: '2027-03-01T12:00:00.009Z',
      result: 'null',
      logLines: ['GET / answered 500'],
    },
  ])
})
