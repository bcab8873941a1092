import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LogKeeper } from '../../src/adapters/log-keeper.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { eventually } from './process-world.ts'

test('a log is measured once at first, and again whenever something has been written to it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'teal-keeper-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const clock = new QuickClock()
  const measured: string[] = []
  const keeper = new LogKeeper(clock, (files) => {
    measured.push(files.log)
    return Promise.resolve()
  })
  t.after(() => keeper.close())
  const logs = ['one', 'other'].map((name) => join(folder, `${name}.log`))
  for (const log of logs) {
    writeFileSync(log, 'begun\n')
    keeper.add({ log, olderLog: `${log}.older`, logBase: `${log}.base` })
  }
  await eventually('both are measured, and nobody waits', () => measured.length === 2 && clock.sleepers === 0)
  for (let count = 1; count <= 3; count += 1) {
    appendFileSync(logs[1] ?? '', 'more\n')
    await eventually('it is measured', () => measured.filter((log) => log === logs[1]).length > count)
    await eventually('nobody waits', () => clock.sleepers === 0)
  }
  assert.equal(measured.filter((log) => log === logs[0]).length, 1)
})

test('a log that cannot be measured is tried again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'teal-keeper-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const log = join(folder, 'web.log')
  writeFileSync(log, '')
  let tries = 0
  const keeper = new LogKeeper(new QuickClock(), () => {
    tries += 1
    return tries < 3 ? Promise.reject(new Error('The disk is full.')) : Promise.resolve()
  })
  t.after(() => keeper.close())
  keeper.add({ log, olderLog: `${log}.older`, logBase: `${log}.base` })
  await eventually('the third try', () => tries === 3)
})

/** In which a second is a hundredth of one. */
class QuickClock extends SystemClock {
  sleepers = 0

  override async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    this.sleepers += 1
    try {
      await super.sleep(milliseconds / 100, signal)
    } finally {
      this.sleepers -= 1
    }
  }
}
