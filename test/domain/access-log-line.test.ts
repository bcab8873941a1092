import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAccessLogLine } from '../../src/domain/access-log-line.ts'

const targetGroupArn = 'arn:aws:elasticloadbalancing:us-east-2:111122223333:targetgroup/tg/73e2d6bc24d8a067'
const answered =
  'http 2026-01-02T22:23:00.186641Z app/lb/50dc6c495c0c9188 192.0.2.9:2817 10.0.0.1:80 0.000 0.001 0.002 200 201 34 366 ' +
  `"GET http://www.example.com:80/a b?c=\\x22d\\x22 HTTP/1.1" "curl/8.5.0 \\x5C \\x0A" - - ${targetGroupArn} ` +
  '"Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2026-01-02T22:22:48.364000Z "waf,forward" "-" "-" "10.0.0.1:80" ' +
  '"200" "-" "-" TID_f412ec94f0d7274a995f1719b4f4f35e "-" "-" "-" 203.0.113.9'

test('every field is read', () => {
  assert.deepEqual(parseAccessLogLine(answered), {
    type: 'http',
    time: Date.UTC(2026, 0, 2, 22, 23, 0, 186) + 0.641,
    elb: 'app/lb/50dc6c495c0c9188',
    client: '192.0.2.9:2817',
    target: '10.0.0.1:80',
    requestProcessingSeconds: 0,
    targetProcessingSeconds: 0.001,
    responseProcessingSeconds: 0.002,
    elbStatusCode: 200,
    targetStatusCode: 201,
    receivedBytes: 34,
    sentBytes: 366,
    method: 'GET',
    url: 'http://www.example.com:80/a b?c="d"',
    protocol: 'HTTP/1.1',
    userAgent: 'curl/8.5.0 \\ \n',
    sslCipher: undefined,
    sslProtocol: undefined,
    targetGroupArn,
    traceId: 'Root=1-58337262-36d228ad5d99923122bbe354',
    domainName: undefined,
    chosenCertificateArn: undefined,
    matchedRulePriority: 0,
    requestCreationTime: Date.UTC(2026, 0, 2, 22, 22, 48, 364),
    actionsExecuted: ['waf', 'forward'],
    redirectUrl: undefined,
    errorReason: undefined,
    targets: ['10.0.0.1:80'],
    targetStatusCodes: ['200'],
    classification: undefined,
    classificationReason: undefined,
    connectionTraceId: 'TID_f412ec94f0d7274a995f1719b4f4f35e',
    transformedHost: undefined,
    transformedUri: undefined,
    requestTransformStatus: undefined,
    nodeAddress: '203.0.113.9',
  })
})

test('lines of other years are read: with fields that came later, and without those', () => {
  assert.deepEqual(parseAccessLogLine(`${answered} "new" "fields" 7`), parseAccessLogLine(answered))
  assert.equal(parseAccessLogLine(`${answered}\r\n`)?.nodeAddress, '203.0.113.9')
  const older = answered.slice(0, answered.indexOf(' TID_'))
  assert.equal(parseAccessLogLine(older)?.targetStatusCodes[0], '200')
  assert.equal(parseAccessLogLine(older)?.connectionTraceId, undefined)
})

test('a request that could not be read has no method and no status of a target', () => {
  const line = parseAccessLogLine(
    'http 2026-01-02T22:23:00.186641Z app/N/ID 205.210.31.158:61084 - -1 -1 -1 400 - 0 272 "- http://a.example:80- -" ' +
      '"-" - - - "-" "-" "-" - 2026-01-02T22:23:00.186000Z "-" "-" "-" "-" "-" "-" "-" TID_0 "-" "-" "-" 10.0.0.1',
  )
  assert.deepEqual([line?.method, line?.url, line?.protocol], [undefined, 'http://a.example:80-', undefined])
  assert.deepEqual([line?.elbStatusCode, line?.targetStatusCode, line?.target], [400, undefined, undefined])
  assert.deepEqual([line?.targetProcessingSeconds, line?.matchedRulePriority], [-1, undefined])
  assert.deepEqual([line?.actionsExecuted, line?.targets], [[], []])
})

test('quotes that AWS did not escape do not end a field, unless a space follows', () => {
  const line = parseAccessLogLine(answered.replace('curl/8.5.0', 'an "agent"/1'))
  assert.equal(line?.userAgent, 'an "agent"/1 \\ \n')
})

test('what is no line is none', () => {
  for (const text of ['', 'Enable AccessLog for ELB: web at 2026', answered.slice(0, 100), `x${answered.slice(5)}`]) {
    assert.equal(parseAccessLogLine(text), undefined, text)
  }
})
