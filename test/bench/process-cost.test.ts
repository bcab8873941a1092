import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { cpuSeconds, parseStat, residentKibibytes } from '../../bench/process-cost.ts'

test('a process is read from its line, whatever it calls itself', () => {
  const fields = [
    'S',
    '42',
    ...Array.from({ length: 9 }, () => '0'),
    '70',
    '30',
    ...Array.from({ length: 8 }, () => '0'),
  ]
  assert.deepEqual(parseStat(`7 (a b) c) ${[...fields, '1234'].join(' ')}`), {
    pid: 7,
    parent: 42,
    cpuTicks: 100,
    residentPages: 1_234,
  })
})

test('what a process costs includes its children', { skip: process.platform !== 'linux' }, async () => {
  const program = "process.stdout.write('up'); process.stdin.resume()"
  const child = spawn(process.execPath, ['-e', program], { stdio: ['pipe', 'pipe', 'inherit'] })
  try {
    await once(child.stdout, 'data')
    const own = residentKibibytes(child.pid ?? 0)
    assert.ok(own > 1_000)
    assert.ok(residentKibibytes(process.pid) > own)
    assert.ok(cpuSeconds(process.pid) >= cpuSeconds(child.pid ?? 0))
  } finally {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})
