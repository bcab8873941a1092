import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { TestContext } from 'node:test'

const olderNode = findOlderNode()
const withoutOlderNode = olderNode === undefined ? 'no Node.js older than 24 is installed here' : false

test('under a new Node.js the program runs in the same process, with its arguments and exit code', async (t) => {
  const launcher = installed(t, { withNode: false })
  const child = spawn(process.execPath, [launcher, 'exit', '7'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = text(child.stdout)
  assert.deepEqual(await once(child, 'exit'), [7, null])
  assert.equal(await said, `process ${child.pid} under Node ${process.versions.node}\n`)
})

test('under an older Node.js the program runs under the one npm installed', { skip: withoutOlderNode }, async (t) => {
  const launcher = installed(t, { withNode: true })
  const child = spawn(String(olderNode), [launcher, 'exit', '7'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const said = text(child.stdout)
  assert.deepEqual(await once(child, 'exit'), [7, null])
  assert.match(await said, new RegExp(`under Node ${process.versions.node}\\n$`))
})

test('signals pass through the launcher, and the exit code comes back', { skip: withoutOlderNode }, async (t) => {
  for (const [signal, exitCode] of [
    ['SIGTERM', 3],
    ['SIGINT', 4],
  ] as const) {
    const { child } = await started(t, installed(t, { withNode: true }))
    child.kill(signal)
    assert.deepEqual(await once(child, 'exit'), [exitCode, null])
  }
})

test('when the launcher is killed the program goes with it', { skip: withoutOlderNode }, async (t) => {
  const { child, programPid } = await started(t, installed(t, { withNode: true }))
  assert.notEqual(programPid, child.pid)
  child.kill('SIGKILL')
  const deadline = Date.now() + 10_000
  while (isAlive(programPid) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.equal(isAlive(programPid), false)
})

test('without any Node.js that can run it, it says what to do', { skip: withoutOlderNode }, async (t) => {
  const launcher = installed(t, { withNode: false })
  const child = spawn(String(olderNode), [launcher], { stdio: ['ignore', 'inherit', 'pipe'] })
  const said = text(child.stderr)
  assert.deepEqual(await once(child, 'exit'), [1, null])
  assert.match(await said, /^Teal needs Node\.js 24 or newer, and this is v[^]*npm install/)
})

test('in a checkout the sources themselves run', () => {
  const launcher = new URL('../../bin/teal.mjs', import.meta.url).pathname
  const version = execFileSync(process.execPath, [launcher, '--version'], { encoding: 'utf8' })
  assert.match(version, /^\d+\.\d+\.\d+\n$/)
})

/** The launcher as npm installs it, with a small program in Teal's place. */
function installed(t: TestContext, { withNode }: { readonly withNode: boolean }): string {
  const directory = mkdtempSync(join(tmpdir(), 'teal-launcher-'))
  t.after(() => rmSync(directory, { recursive: true }))
  mkdirSync(join(directory, 'bin'))
  mkdirSync(join(directory, 'dist/cli'), { recursive: true })
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(directory, 'dist/cli/main.js'), program)
  copyFileSync(new URL('../../bin/teal.mjs', import.meta.url), join(directory, 'bin/teal.mjs'))
  if (withNode) {
    const node = join(directory, `node_modules/node-${process.platform}-${process.arch}`)
    mkdirSync(join(node, 'bin'), { recursive: true })
    writeFileSync(join(node, 'package.json'), '{}')
    symlinkSync(process.execPath, join(node, 'bin/node'))
  }
  return join(directory, 'bin/teal.mjs')
}

// It says that it runs only when it can take signals: the test sends them at once.
const program = `
  export async function main([verb, code]) {
    const say = () => console.log('process ' + process.pid + ' under Node ' + process.versions.node)
    if (verb === 'exit') {
      say()
      return Number(code)
    }
    const timer = setInterval(() => {}, 1000)
    return new Promise((resolve) => {
      const end = (code) => { clearInterval(timer); resolve(code) }
      process.once('SIGTERM', () => end(3))
      process.once('SIGINT', () => end(4))
      say()
    })
  }`

async function started(
  t: TestContext,
  launcher: string,
): Promise<{ readonly child: ChildProcess; readonly programPid: number }> {
  const child = spawn(String(olderNode), [launcher, 'wait'], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const [line] = await once(child.stdout, 'data')
  return { child, programPid: Number(/^process (\d+)/.exec(String(line))?.[1]) }
}

function findOlderNode(): string | undefined {
  const candidates = (process.env['PATH'] ?? '').split(delimiter).map((directory) => join(directory, 'node'))
  return candidates.find((node) => {
    if (!existsSync(node)) return false
    const major = Number(execFileSync(node, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' }))
    return major >= 18 && major < 24
  })
}

/** A process that has ended but was not yet collected by its parent counts as ended. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !existsSync(`/proc/${pid}/stat`) || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
