import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { BurstResult } from '../../bench/burst.ts'
import type { RouterResult } from '../../bench/router.ts'

const program = fileURLToPath(new URL('../../bench/main.ts', import.meta.url))
const quick = ['router', '--quick', '--only', 'teal,direct', '--cases', 'small-64']
const isLinux = process.platform === 'linux'

/** Its temporary files are in a folder of the test's own, so that one sees what is left of them. */
function runBench(directory: string, ...args: readonly string[]): ChildProcess {
  const env = { ...process.env, TMPDIR: directory }
  const output = join(directory, 'results')
  const stdio = ['ignore', 'pipe', 'pipe'] as const
  return spawn(process.execPath, [program, ...args, '--output', output], { env, stdio: [...stdio] })
}

test('the router is measured beside a direct connection, and nothing is left of it', { skip: !isLinux }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'teal-bench-test-'))
  try {
    const child = runBench(directory, ...quick)
    const { stdout, stderr } = child
    assert.ok(stdout !== null && stderr !== null)
    const [printed, complaints, [exitCode]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')])
    assert.equal(exitCode, 0, complaints)
    assert.match(printed, /^100 B, 64 connections$/m)
    const result = JSON.parse(readFileSync(join(directory, 'results', 'router.json'), 'utf8')) as RouterResult
    assert.deepEqual(
      result.summary.map(({ contender, errors }) => ({ contender, errors })),
      [
        { contender: 'direct', errors: 0 },
        { contender: 'teal', errors: 0 },
      ],
    )
    assert.ok(existsSync(join(directory, 'results', 'router.svg')))
    assert.deepEqual(readdirSync(directory), ['results'])
    assert.deepEqual(processesOf(directory), [])
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
})

test(
  'clients that come at once under load are answered, and how long they waited is told',
  { skip: !isLinux },
  async () => {
    const directory = mkdtempSync(join(tmpdir(), 'teal-bench-test-'))
    try {
      const child = runBench(directory, 'burst', '--quick', '--only', 'teal')
      const { stdout, stderr } = child
      assert.ok(stdout !== null && stderr !== null)
      const [printed, complaints, [exitCode]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')])
      assert.equal(exitCode, 0, complaints)
      assert.match(printed, /^teal +\d+ +[\d.]+ +[\d.]+ +[\d.]+ +0$/m)
      const { bursts } = JSON.parse(readFileSync(join(directory, 'results', 'burst.json'), 'utf8')) as BurstResult
      assert.ok(
        bursts.length > 0 && bursts.every(({ failed, lastMilliseconds }) => failed === 0 && lastMilliseconds > 0),
      )
      assert.deepEqual(processesOf(directory), [])
    } finally {
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
    }
  },
)

test('an access log is measured only where its lines are written', { skip: !isLinux }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'teal-bench-test-'))
  try {
    const child = runBench(directory, 'router', '--quick', '--only', 'teal', '--cases', 'small-log-64')
    const { stdout, stderr } = child
    assert.ok(stdout !== null && stderr !== null)
    const [, complaints, [exitCode]] = await Promise.all([text(stdout), text(stderr), once(child, 'close')])
    assert.equal(exitCode, 0, complaints)
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
})

test('an interrupted benchmark ends everything it started', { skip: !isLinux }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'teal-bench-test-'))
  try {
    const child = runBench(directory, ...quick, '--seconds', '60')
    const deadline = Date.now() + 30_000
    while (processesOf(directory).length < 4) {
      assert.ok(Date.now() < deadline, 'The targets, the router and the load were not started within 30 s')
      await delay(20)
    }
    child.kill('SIGINT')
    const [exitCode] = await once(child, 'exit')
    assert.equal(exitCode, 130)
    assert.deepEqual(processesOf(directory), [])
    assert.deepEqual(readdirSync(directory), [])
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
})

/** Processes that were told to put temporary files into the folder: all that a benchmark there starts, and itself. */
function processesOf(directory: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TMPDIR=${directory}\0`)
        return isOurs ? [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')] : []
      } catch {
        return []
      }
    })
}
