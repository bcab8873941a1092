import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { CheckedHealth } from '../../src/domain/health-check.ts'
import { SavedState } from '../../src/router/saved-state.ts'

const healthy: CheckedHealth = { health: { state: 'healthy' }, successes: 2, failures: 0 }
const unhealthy: CheckedHealth = {
  health: { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' },
  successes: 0,
  failures: 2,
}

const hasPipes = process.platform !== 'win32'

function stateIn(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'teal-saved-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const problems: string[] = []
  return { directory, problems, state: new SavedState(directory, (message) => problems.push(message)) }
}

test('of several calls to keep the health, the last one is what is found again', async (t) => {
  const { directory, state, problems } = stateIn(t)
  const saved: Promise<void>[] = []
  for (let turn = 0; turn < 20; turn++) {
    saved.push(state.saveHealthInSlices(new Map([['a', turn === 19 ? unhealthy : healthy]])))
    if (turn % 3 === 0) await new Promise(setImmediate)
  }
  await Promise.all(saved)
  const again = new SavedState(directory, () => undefined)
  assert.deepEqual([...again.loadHealth()], [['a', unhealthy]])
  assert.deepEqual(problems, [])
})

test('what a router keeps when it ends is not replaced by what it was keeping in passing', async (t) => {
  const { state, problems } = stateIn(t)
  const many = Array.from({ length: 5_000 }, (_, index): [string, CheckedHealth] => [`target-${index}`, healthy])
  const inPassing = state.saveHealthInSlices(new Map(many))
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
  state.saveHealth(new Map([['a', unhealthy]]))
  await inPassing
  await state.saveHealthInSlices(new Map([['a', healthy]]))
  assert.deepEqual([...state.loadHealth()], [['a', unhealthy]])
  assert.deepEqual(problems, [])
})

test('what a router keeps when it ends stays, however far it had got with what it was keeping in passing', async (t) => {
  for (let round = 0; round < 40; round++) {
    const turns = round % 8
    const { state, problems } = stateIn(t)
    await state.saveHealthInSlices(new Map([['a', unhealthy]]))
    const inPassing = state.saveHealthInSlices(new Map([['a', healthy]]))
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate)
    state.saveHealth(new Map([['a', unhealthy]]))
    await inPassing
    assert.deepEqual([...state.loadHealth()], [['a', unhealthy]], `after ${turns} turns`)
    assert.deepEqual(problems, [])
  }
})

test('a router that ends while it keeps the health in passing does not complain where its directory goes', async (t) => {
  for (let steps = 0; steps < 8; steps++) {
    const { directory, state, problems } = stateIn(t)
    const inPassing = state.saveHealthInSlices(new Map([['a', healthy]]))
    for (let step = 0; step < steps; step++) await Promise.resolve()
    state.saveHealth(new Map([['a', unhealthy]]))
    // A write that has begun may still put a file into what is being removed.
    rmSync(directory, { recursive: true, maxRetries: 10, retryDelay: 5 })
    await inPassing
    assert.deepEqual(problems, [], `after ${steps} steps`)
  }
})

test('where the health cannot be kept, that is told, and the next call tries again', async (t) => {
  const { directory, state, problems } = stateIn(t)
  const blocked = join(directory, 'target-health.json')
  mkdirSync(join(blocked, 'in-the-way'), { recursive: true })
  await state.saveHealthInSlices(new Map([['a', healthy]]))
  assert.equal(problems.length, 1)
  assert.match(problems[0] ?? '', /The targets' health could not be kept: /)
  rmSync(blocked, { recursive: true })
  await state.saveHealthInSlices(new Map([['a', healthy]]))
  assert.deepEqual([...state.loadHealth()], [['a', healthy]])
  assert.equal(problems.length, 1)
})

test('a table which a full disk does not take is told with its file', { skip: !existsSync('/dev/full') }, async (t) => {
  const { directory, state } = stateIn(t)
  symlinkSync('/dev/full', join(directory, 'routing-table.json.new'))
  const message = `The load balancer cannot keep ${directory}/routing-table.json: the disk is full. Free some space and try again.`
  await assert.rejects(state.saveTable('{}'), { message })
})

test('nothing else waits for a disk that takes its time with a table', { skip: !hasPipes }, async (t) => {
  const { directory, state } = stateIn(t)
  const pipe = join(directory, 'routing-table.json.new')
  execFileSync('mkfifo', [pipe])
  // Whoever opens a pipe waits until somebody reads there. This one is for the case that everything waits.
  const late = spawn('sh', ['-c', 'sleep 10; exec cat "$0"', pipe], { detached: true, stdio: 'ignore' })
  await once(late, 'spawn')
  t.after(() => process.kill(-Number(late.pid)))
  const startedAt = performance.now()
  const saving = state.saveTable('{}')
  await new Promise(setImmediate)
  assert.ok(performance.now() - startedAt < 5_000, 'The event loop waited with it')
  const reading = readFile(pipe, 'utf8')
  // A pipe cannot be brought to the disk.
  await assert.rejects(saving, /EINVAL/)
  assert.equal(await reading, '{}')
})
