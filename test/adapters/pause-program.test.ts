import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { pauseProgram } from '../../src/adapters/pause-program.ts'
import { eventually } from './process-world.ts'

const processor = process.arch === 'arm64' ? 'arm64' : 'amd64'

describe('the program that holds a network', () => {
  test('waits until it is told to end', { skip: process.platform !== 'linux' }, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'teal-pause-'))
    t.after(() => rmSync(directory, { recursive: true, force: true }))
    const file = join(directory, 'pause')
    writeFileSync(file, pauseProgram(processor) ?? '', { mode: 0o755 })
    const child = spawn(file, [], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    await once(child, 'spawn')
    await eventually('it sleeps', () => readFileSync(`/proc/${child.pid}/stat`, 'utf8').includes(') S '))
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [null, 'SIGTERM'])
  })

  test('is a static executable of its processor', () => {
    for (const [name, machine] of [
      ['amd64', 62],
      ['arm64', 183],
    ] as const) {
      const bytes = pauseProgram(name)
      assert.equal(bytes?.toString('latin1', 1, 4), 'ELF')
      assert.equal(bytes.readUInt16LE(18), machine)
      assert.ok(bytes.length < 200)
    }
    assert.equal(pauseProgram('riscv64'), undefined)
  })
})
