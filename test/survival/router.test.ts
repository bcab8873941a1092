import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { isRouterLockHeld } from '../../src/adapters/router-process.ts'
import { Theatre, until } from './theatre.ts'

describe('engine and router', { timeout: 120_000 }, () => {
  let theatre: Theatre
  before(async () => {
    theatre = await Theatre.open('1s')
  })
  after(() => theatre?.close())

  test('the router that is killed is started again within a second, with the same table', async () => {
    const first = await theatre.routerReport()
    // Whatever else the machine has to do can only make it longer: the shortest tells what the engine takes.
    let shortest = Infinity
    for (let times = 0; times < 10 && shortest > 1_000; times++) {
      shortest = Math.min(shortest, await pauseOf((await theatre.routerReport()).pid))
    }
    assert(shortest < 2_000, `it took ${Math.round(shortest)} ms`)
    const again = await theatre.routerReport()
    assert.notEqual(again.pid, first.pid)
    assert(again.tableVersion >= first.tableVersion)
    assert.deepEqual(Object.keys(again.targets).toSorted(), Object.keys(first.targets).toSorted())
  })

  /** How long no page is served when this router is killed. */
  async function pauseOf(pid: number): Promise<number> {
    process.kill(pid, 'SIGKILL')
    const killedAt = performance.now()
    await until('a page is served again', async () => {
      const page = await fetch(theatre.loadBalancing?.productionUrl ?? '').catch(() => undefined)
      return page?.headers.get('x-hello-version') === '1'
    })
    return performance.now() - killedAt
  }

  test('the router serves on while there is no engine, and the next engine takes it over', async () => {
    const { pid } = await theatre.routerReport()
    const load = theatre.startLoad()
    await delay(500)
    await theatre.killEngine()
    await delay(2_000)
    await theatre.startEngine()
    const formerly = (await load.account()).answered
    await until('many more are answered', async () => (await load.account()).answered > formerly + 50)
    const account = await load.stop()
    assert.deepEqual(account.failures, [])
    assert(account.answered > 100)
    assert.equal((await theatre.routerReport()).pid, pid)
  })

  test('a router that hangs is ended and another one started', async () => {
    const { pid } = await theatre.routerReport()
    process.kill(pid, 'SIGSTOP')
    await until('a page is served again', async () => {
      const signal = AbortSignal.timeout(1_000)
      const page = await fetch(theatre.loadBalancing?.productionUrl ?? '', { signal }).catch(() => undefined)
      return page?.ok === true
    })
    assert.notEqual((await theatre.routerReport()).pid, pid)
  })

  test('Ctrl-C also ends a router that is only just being started', async () => {
    const { pid } = await theatre.routerReport()
    const log = () => readFileSync(join(theatre.data, '../engine.log'), 'utf8')
    const written = log().length
    process.kill(pid, 'SIGKILL')
    // The engine may not have asked this one yet: then it names the one before it.
    await until('the engine has noticed it', async () => /is gone; another one/.test(log().slice(written)))
    await theatre.interruptEngine()
    assert.equal(isRouterLockHeld(theatre.data), false)
  })
})
