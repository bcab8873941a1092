import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { DemoResult } from '../../demo/report.ts'

const demo = new URL('../../demo/main.ts', import.meta.url).pathname

test('the demo goes from version 1 to version 2 under load, loses nothing and leaves nothing behind', async (t) => {
  const place = temporaryDirectory(t)
  const { child, output, errors } = start(place, '--json')
  const [exitCode] = await once(child, 'close')
  assert.equal(exitCode, 0, await errors)

  const { deployment, load }: DemoResult = JSON.parse(await output)
  assert.equal(deployment.status, 'Succeeded')
  assert.deepEqual(
    deployment.events.map(({ event, status }) => `${event} ${status}`),
    [
      'BeforeInstall Succeeded',
      'Install Succeeded',
      'AfterInstall Succeeded',
      'AllowTestTraffic Succeeded',
      'AfterAllowTestTraffic Succeeded',
      'BeforeAllowTraffic Succeeded',
      'AllowTraffic Succeeded',
      'AfterAllowTraffic Succeeded',
    ],
  )
  assert.equal(load.failed, 0, JSON.stringify(load.failures))
  assert.equal(load.answered, load.sent)
  assert.ok(load.kinds.every(({ answered }) => answered > 0))
  assert.deepEqual(
    load.versions.map(({ version }) => version),
    ['1', '2'],
  )
  for (const line of (await errors).split('\n')) assert.ok(line.length <= 80, line)
  assert.deepEqual(readdirSync(place), [])
  assert.deepEqual(processesOf(place), [])
})

test('interrupted, the demo ends everything it has started', async (t) => {
  const place = temporaryDirectory(t)
  const { child, errors } = start(place, '--json')
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
    if (said.includes('deployment group created')) child.kill('SIGINT')
  })
  const [exitCode] = await once(child, 'close')
  assert.equal(exitCode, 130, await errors)
  assert.match(await errors, /Interrupted: ending everything\./)
  assert.deepEqual(readdirSync(place), [])
  assert.deepEqual(processesOf(place), [])
})

test('interrupted at once, the demo leaves nothing behind either', async (t) => {
  const place = temporaryDirectory(t)
  const { child, errors } = start(place)
  child.stdout.once('data', () => child.kill('SIGTERM'))
  const [exitCode] = await once(child, 'close')
  assert.equal(exitCode, 143, await errors)
  assert.deepEqual(readdirSync(place), [])
  assert.deepEqual(processesOf(place), [])
})

test('options the demo does not know are wrong usage', async (t) => {
  const { child, errors } = start(temporaryDirectory(t), '--fast')
  const [exitCode] = await once(child, 'close')
  assert.equal(exitCode, 2)
  assert.match(await errors, /Unknown option '--fast'[^]*npm run demo -- --keep/)
})

function start(place: string, ...argv: readonly string[]) {
  const child = spawn(process.execPath, [demo, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: place },
  })
  return { child, output: text(child.stdout), errors: text(child.stderr) }
}

/** Where the demo puts everything it makes. */
function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'teal-place-'))
  t.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 10 }))
  return directory
}

/** The command lines of processes that name this directory, where the system tells them. */
function processesOf(place: string): readonly string[] {
  if (!existsSync('/proc/self/cmdline')) return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine)
    .filter((line) => line.includes(place))
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
