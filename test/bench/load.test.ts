import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseWrk } from '../../bench/load.ts'

const healthy = `Running 4s test @ http://127.0.0.1:21003/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   433.12us  210.55us   9.11ms   88.21%
    Req/Sec   136.02k     6.71k  146.51k    77.50%
  Latency Distribution
     50%  401.00us
     75%  512.00us
     90%  650.00us
     99%    1.14ms
  541431 requests in 4.00s, 87.26MB read
Requests/sec: 135320.18
Transfer/sec:     21.81MB
`

test('what wrk prints is read, in milliseconds', () => {
  assert.deepEqual(parseWrk(healthy), {
    requests: 541_431,
    requestsPerSecond: 135_320.18,
    p50Milliseconds: 0.401,
    p99Milliseconds: 1.14,
    errors: 0,
  })
})

test('everything that wrk counts as wrong is an error', () => {
  const complaints = '  Socket errors: connect 1, read 20, write 300, timeout 4000\n  Non-2xx or 3xx responses: 50000\n'
  const output = healthy.replace('Requests/sec', `${complaints}Requests/sec`).replace('1.14ms', ' 1.50s ')
  const { errors, p99Milliseconds } = parseWrk(output)
  assert.equal(errors, 54_321)
  assert.equal(p99Milliseconds, 1_500)
})

test('output that is not that of a run is refused', () => {
  assert.throws(() => parseWrk('unable to connect to 127.0.0.1:1 Connection refused'), /unable to connect/)
})
