import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AccessLogColumns } from '../../src/cli/access-log-columns.ts'
import { parseAccessLogLine, type AccessLogLine } from '../../src/domain/access-log-line.ts'
import { AccessLogText } from '../../src/router/access-log-text.ts'
import { exchange, loadBalancer } from '../router/exchange-records.ts'
import type { ToldExchange } from '../router/exchange-records.ts'

const text = new AccessLogText()

function line(more: Partial<ToldExchange> = {}): AccessLogLine {
  const parsed = parseAccessLogLine(String(text.line(exchange(more), loadBalancer)))
  assert.ok(parsed !== undefined)
  return parsed
}

test('a line is a row under its headings', () => {
  const columns = new AccessLogColumns({ isColoured: false })
  const row = columns.row(line({ uri: '/a?b=c', responseProcessingSeconds: 0.004, matchedRulePriority: 7 }))
  assert.match(columns.heading(), /^TIME +CLIENT +METHOD +PATH +STATUS +MS +TARGET +RULE +BYTES$/)
  assert.match(row, /^\d\d:\d\d:00\.186 +192\.0\.2\.9 +GET +\/a\?b=c +200\/200 +5 +10\.0\.0\.1:80 +7 +366$/)
  assert.equal(columns.heading().indexOf('TARGET'), row.indexOf('10.0.0.1:80'))
  assert.match(columns.row(line({ isWebSocket: true })), / \/ \(ws\) /)
})

test('what did not come to be is a dash', () => {
  const columns = new AccessLogColumns({ isColoured: false })
  const never = { requestProcessingSeconds: -1, targetProcessingSeconds: -1, responseProcessingSeconds: -1 }
  const nothing = { ...never, target: undefined, targetStatusCode: 0, elbStatusCode: 400, method: undefined }
  const row = columns.row(line({ ...nothing, matchedRulePriority: undefined }))
  assert.match(row, / - +- +400\/- +11823 +- +- +366$/)
  assert.match(columns.row(line()), / default +366$/)
})

test('columns stay under one another, and one long path moves only its own row', () => {
  const columns = new AccessLogColumns({ isColoured: false })
  columns.row(line({ uri: `/${'long/'.repeat(40)}` }))
  const [one, other] = [columns.row(line({ uri: '/1' })), columns.row(line({ uri: '/1234567890' }))]
  assert.equal(one.indexOf('200/200'), other.indexOf('200/200'))
  assert.ok(one.length < 130, one)
})

test('only where it is wanted there is colour, and clients bring none', () => {
  const coloured = new AccessLogColumns({ isColoured: true })
  const statuses = [200, 302, 404, 502].map((elbStatusCode) => coloured.row(line({ elbStatusCode })))
  assert.deepEqual(
    statuses.map((row) => row.split('\u001B[')[1]?.slice(0, 2)),
    ['32', '36', '33', '31'],
  )
  const plain = new AccessLogColumns({ isColoured: false })
  assert.match(plain.row(line({ uri: '/\u001B[31mred\u0007' })), /\/\\x1b\[31mred\\x07/)
})
