import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  accessLogDirectoryName,
  accessLogFileName,
  accessLogKey,
  accessLogTestKey,
  loadBalancerArnOf,
  loggedLoadBalancer,
  parseAccessLogDirectoryName,
  parseAccessLogFileName,
} from '../../src/domain/access-log-file.ts'

const loadBalancerArn = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/my-web/50dc6c495c0c9188'
const web = { region: 'eu-west-1', accountId: '000000000000', name: 'my-web', id: '50dc6c495c0c9188' }
const file = {
  periodEnd: Date.UTC(2026, 0, 2, 22, 25),
  nodeAddress: '127.0.0.1',
  routerId: '1b4e28ba-2fa1',
  pid: 4711,
  sequence: 3,
  random: '5m9btchz',
}

test('a load balancer is told from its ARN, and the ARN from it', () => {
  assert.deepEqual(loggedLoadBalancer(loadBalancerArn), web)
  assert.equal(loadBalancerArnOf(web), loadBalancerArn)
  assert.equal(loggedLoadBalancer(loadBalancerArn.replace('/app/', '/net/')), undefined)
  assert.equal(loggedLoadBalancer('web'), undefined)
})

test('names of directories and files say everything about them', () => {
  assert.deepEqual(parseAccessLogDirectoryName(accessLogDirectoryName(web)), web)
  assert.equal(parseAccessLogDirectoryName('lost+found'), undefined)
  for (const state of ['open', 'complete', 'delivered'] as const) {
    for (const nodeAddress of ['127.0.0.1', '::', 'localhost', '']) {
      const named = { ...file, nodeAddress }
      assert.deepEqual(parseAccessLogFileName(accessLogFileName(named, state)), { file: named, state })
    }
  }
  assert.match(accessLogFileName({ ...file, nodeAddress: '../a_b' }, 'open'), /^\d+_..-a-b_1b4e/)
  assert.equal(parseAccessLogFileName('notes.txt'), undefined)
})

test('a delivered file is named as by AWS', () => {
  assert.equal(
    accessLogKey(web, 'logs/web', file),
    'logs/web/AWSLogs/000000000000/elasticloadbalancing/eu-west-1/2026/01/02/' +
      '000000000000_elasticloadbalancing_eu-west-1_app.my-web.50dc6c495c0c9188_20260102T2225Z_127.0.0.1_5m9btchz.log.gz',
  )
  assert.match(accessLogKey(web, '', file), /^AWSLogs\/000000000000\//)
  assert.equal(accessLogTestKey(web, ''), 'AWSLogs/000000000000/ELBAccessLogTestFile')
  assert.equal(accessLogTestKey(web, 'a/b'), 'a/b/AWSLogs/000000000000/ELBAccessLogTestFile')
})
