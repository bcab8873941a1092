import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountOf, Tally } from '../../demo/load/account.ts'
import type { LoadAccount } from '../../demo/load/account.ts'
import { complaints, report } from '../../demo/report.ts'
import type { DeploymentOutcome } from '../../demo/watch.ts'

const began = 1_700_000_000_000
const succeeded: DeploymentOutcome = {
  deploymentId: 'd-ABCDEFGHI',
  status: 'Succeeded',
  createdAt: began,
  completedAt: began + 6_420,
  events: [{ event: 'BeforeInstall', status: 'Succeeded', beganAt: began + 50, endedAt: began + 60 }],
}

test('when every request was answered and both versions were seen, there is nothing to complain of', () => {
  const result = { deployment: succeeded, load: accountWith({}) }
  assert.deepEqual(complaints(result), [])
  assert.match(report(result), /0 failed of 3 requests\. The deployment succeeded in 6\.42 s\.$/)
})

test('a failed request is told with its time and what was seen', () => {
  const result = { deployment: succeeded, load: accountWith({ fails: true }) }
  assert.deepEqual(complaints(result), ['1 of 4 requests failed.'])
  assert.match(report(result), /0\.400 {2}keep-alive: GET \/: ECONNRESET/)
})

test('a deployment that did not succeed is told with its error', () => {
  const failed: DeploymentOutcome = { ...succeeded, status: 'Failed', error: 'TIMEOUT: it took too long.' }
  assert.deepEqual(complaints({ deployment: failed, load: accountWith({}) }), [
    'The deployment is Failed. TIMEOUT: it took too long.',
  ])
})

test('traffic that never reached version 2 is complained of, and so is a request without an outcome', () => {
  const load = accountWith({})
  const { versions } = load
  assert.deepEqual(complaints({ deployment: succeeded, load: { ...load, versions: versions.slice(0, 1) } }), [
    'The traffic did not go from version 1 to version 2.',
  ])
  assert.deepEqual(complaints({ deployment: succeeded, load: { ...load, sent: 5 } }), [
    'Not every request is accounted for.',
  ])
})

test('the account fits into 80 columns also after a million requests', () => {
  const { kinds, ...load } = accountWith({})
  const many = kinds.map((kind) => ({ ...kind, sent: 1_234_567, answered: 1_234_567 }))
  const text = report({ deployment: succeeded, load: { ...load, kinds: many } })
  for (const line of text.split('\n')) assert.ok(line.length <= 80, line)
})

function accountWith({ fails = false }: { readonly fails?: boolean }): LoadAccount {
  const tally = new Tally('keep-alive', 1)
  for (let request = 0; request < (fails ? 4 : 3); request++) tally.countSent()
  tally.countConnection()
  tally.countAnswered('1', 12, began + 100)
  tally.countAnswered('1', 14, began + 200)
  tally.countAnswered('2', 1_500, began + 300)
  tally.countPause(1_500, began + 300)
  if (fails) tally.countFailed('GET /: ECONNRESET before the answer began, on a kept connection', began + 400)
  return accountOf([tally], began, began + 500)
}
