import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { endLeftProcesses, functionDirectories } from '../../src/adapters/lambda-leftovers.ts'
import { hasProcFileSystem } from '../../src/adapters/process-identity.ts'
import { endTeal } from '../../src/adapters/teardown.ts'
import { functionWorld } from './function-world.ts'
import { eventually, isRunning } from './process-world.ts'

const skip = hasProcFileSystem ? false : 'this system shows no environments'
/** Answers the pid of a process in a group and a session of its own. */
const source = `
  const { spawn } = require('node:child_process')
  exports.handler = async () => {
    const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
    child.unref()
    return child.pid
  }
`

test(
  'a process that a function has detached goes on while the function is kept, and ends with it',
  { skip },
  async (t) => {
    const { runtime, invocation } = functionWorld(t, { idleMilliseconds: 300 })
    const { payload } = await runtime.run(await invocation({ 'index.js': source }))
    assert.equal(isRunning(Number(payload)), true)
    await eventually('the end of the process', () => !isRunning(Number(payload)))
  },
)

test('detached processes of functions have ended when their runtime has closed', { skip }, async (t) => {
  const { runtime, invocation } = functionWorld(t)
  const { payload } = await runtime.run(await invocation({ 'index.js': source }))
  await runtime.close()
  await eventually('the end of the process', () => !isRunning(Number(payload)))
})

for (const [by, end] of [
  ['the next engine', (data: string) => endLeftProcesses(functionDirectories(data))],
  ['`teal down`', (dataDirectory: string) => endTeal({ dataDirectory })],
] as const) {
  test(`what a function of a killed engine has detached is ended by ${by}`, { skip }, async (t) => {
    const { data } = functionWorld(t)
    const program = fileURLToPath(new URL('functions-to-kill.ts', import.meta.url))
    const engine = spawn(process.execPath, [program, data, 'detached'], { stdio: ['ignore', 'pipe', 'inherit'] })
    t.after(() => engine.kill('SIGKILL'))
    const [line] = (await once(engine.stdout.setEncoding('utf8'), 'data')) as [string]
    const [, detached = 0] = line.trim().split(' ').map(Number)
    engine.kill('SIGKILL')
    await once(engine, 'exit')
    assert.equal(isRunning(detached), true)
    await end(data)
    await eventually('the end of the process', () => !isRunning(detached))
  })
}

test('no process of another function is ended', { skip }, async (t) => {
  const { runtime, invocation, data } = functionWorld(t)
  const { payload } = await runtime.run(await invocation({ 'index.js': source }))
  await endLeftProcesses(join(functionDirectories(data), 'nobody'))
  await endLeftProcesses(functionDirectories(`${data}2`))
  assert.equal(isRunning(Number(payload)), true)
})
