import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { RouterPulse, type PulseState } from '../../src/adapters/router-pulse.ts'
import { callRouter, routerSocketPath, spawnRouter } from '../../src/adapters/router-process.ts'
import { inJson } from '../../src/domain/routing-table-json.ts'
import type { ReportInJson } from '../../src/domain/router-report.ts'
import { Cleanups, table } from '../router/test-router.ts'

const clientProgram = fileURLToPath(new URL('./router-client-program.ts', import.meta.url))
/** Elsewhere nobody tells whose a lock is. */
const isLinuxMissing = process.platform !== 'linux'

async function startRouter(cleanups: Cleanups) {
  const dataDirectory = cleanups.temporaryDirectory()
  const child = spawnRouter(dataDirectory, { listenHost: '127.0.0.1', router: 1, routers: 1, version: '' })
  cleanups.add(() => void child.kill('SIGKILL'))
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) }
  const pulse = new RouterPulse({ dataDirectory, router: 1, log })
  const states: PulseState[] = []
  const take = async () => void states.push(await pulse.take())
  while (states.at(-1) !== 'answers') await take()
  states.splice(0)
  return { child, take, states, warnings }
}

test('a router that leaves three calls unanswered is ended', { skip: isLinuxMissing }, async () => {
  await using cleanups = new Cleanups()
  const { child, take, states, warnings } = await startRouter(cleanups)
  const ended = once(child, 'exit')
  child.kill('SIGSTOP')
  for (let calls = 0; calls < 3; calls++) await take()
  assert.deepEqual(states, ['silent', 'silent', 'killed'])
  await ended
  await take()
  assert.equal(states.at(-1), 'gone')
  assert.match(warnings.join(), /^The router \(process \d+\) does not answer; it is ended\.$/)
})

test('a router that answers now and then is not ended', { skip: isLinuxMissing }, async () => {
  await using cleanups = new Cleanups()
  const { child, take, states } = await startRouter(cleanups)
  for (let turns = 0; turns < 2; turns++) {
    child.kill('SIGSTOP')
    await take()
    await take()
    child.kill('SIGCONT')
    await take()
  }
  assert.deepEqual(states, ['silent', 'silent', 'answers', 'silent', 'silent', 'answers'])
})

test('a router is not ended for the time in which everything was stopped', { skip: isLinuxMissing }, async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  const engine = spawn(process.execPath, [clientProgram, dataDirectory, JSON.stringify(inJson(table([], [])))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  cleanups.add(() => void engine.kill('SIGKILL'))
  const [line] = (await once(engine.stdout, 'data')) as [Buffer]
  const router = Number(line)
  cleanups.add(() => void process.kill(router, 'SIGKILL'))
  process.kill(router, 'SIGSTOP')
  await delay(200)
  engine.kill('SIGSTOP')
  await delay(8_000)
  // The engine is the first to wake up.
  engine.kill('SIGCONT')
  await delay(500)
  process.kill(router, 'SIGCONT')
  await delay(500)
  const report = (await callRouter(routerSocketPath(dataDirectory), { method: 'GET', path: '/report' })) as ReportInJson
  assert.equal(report.pid, router)
})
