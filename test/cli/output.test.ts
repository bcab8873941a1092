import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync, existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { launcher } from './command-line.ts'

const withoutFullDevice = existsSync('/dev/full') ? false : 'there is no /dev/full here'

test('what is printed into a pipe comes whole, however slow its reader is', async (t) => {
  const { directory, bytes } = largeTaskDefinition(t)
  const child = spawn(process.execPath, [launcher, 'render', 'task-definition'], { cwd: directory })
  // More than a pipe holds is waiting in the program before anything of it is read.
  await once(child.stdout, 'readable')
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')])
  assert.equal(exitCode, 0)
  assert.ok(output.length > bytes, `${output.length} of more than ${bytes} bytes`)
  assert.equal(JSON.parse(output).family, 'large')
})

test('whoever has seen enough of the output makes no failure of it', async (t) => {
  const { directory } = largeTaskDefinition(t)
  const child = spawn(process.execPath, [launcher, 'render', 'task-definition'], { cwd: directory })
  child.stdout.once('data', () => child.stdout.destroy())
  const [errors, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'close')])
  assert.deepEqual([exitCode, errors], [0, ''])
})

test('what cannot be written, for want of space, is told, and is a failure', { skip: withoutFullDevice }, async (t) => {
  const { directory } = largeTaskDefinition(t)
  const full = openSync('/dev/full', 'w')
  t.after(() => closeSync(full))
  const child = spawn(process.execPath, [launcher, 'render', 'task-definition'], {
    cwd: directory,
    stdio: ['ignore', full, 'pipe'],
  })
  assert(child.stderr !== null)
  const [errors, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'close')])
  assert.match(errors, /^teal: what is printed cannot be written: ENOSPC/)
  assert.equal(exitCode, 1)
})

function largeTaskDefinition(t: TestContext): { readonly directory: string; readonly bytes: number } {
  const directory = mkdtempSync(join(tmpdir(), 'teal-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const environment = Array.from({ length: 500 }, (_, at) => ({ name: `V${at}`, value: 'x'.repeat(1000) }))
  const definition = { family: 'large', containerDefinitions: [{ name: 'web', image: 'web:1', environment }] }
  writeFileSync(join(directory, 'taskdef.json'), JSON.stringify(definition))
  return { directory, bytes: 500_000 }
}
