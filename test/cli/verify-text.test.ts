import assert from 'node:assert/strict'
import { stripVTControlCharacters } from 'node:util'
import { test } from 'node:test'
import { verifyText, type VerifyReport } from '../../src/cli/verify-text.ts'

test('a service is told with the tasks that run of those it wants', () => {
  assert.match(lineOf({ desiredCount: 2, runningCount: 2 }), /hello: 2 tasks of hello:1$/)
  assert.match(lineOf({ desiredCount: 1, runningCount: 1 }), /hello: 1 task of hello:1$/)
  assert.match(lineOf({ desiredCount: 2, runningCount: 0 }), /hello: 0 of 2 tasks of hello:1 running$/)
  assert.match(lineOf({ desiredCount: 1, runningCount: 0 }), /hello: 0 of 1 task of hello:1 running$/)
})

function lineOf({ desiredCount, runningCount }: { readonly desiredCount: number; readonly runningCount: number }) {
  const unasked = { kind: 'unasked' }
  const primary = { targetGroupArns: [], taskDefinition: 'arn:aws:ecs:x:1:task-definition/hello:1', runningCount }
  const service = { kind: 'found', thing: { serviceName: 'hello', desiredCount, primary } }
  const nothing = { targetGroups: [], listeners: [], functions: [], alarms: [] }
  const facts = { appSpec: unasked, taskDefinition: unasked, group: unasked, service, ...nothing }
  const report = { facts, files: {}, findings: [], place: 'here' } as unknown as VerifyReport
  return (
    stripVTControlCharacters(verifyText(report))
      .split('\n')
      .find((line) => line.includes('service')) ?? ''
  )
}
