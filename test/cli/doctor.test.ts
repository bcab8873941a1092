import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, test } from 'node:test'
import { clientsOf, createLoadBalancing } from '../../demo/surroundings.ts'
import { freePort } from '../free-port.ts'
import { dataDirectory, launcher, Serving, teal } from './command-line.ts'
import { canMountReadOnly, readOnly } from './read-only.ts'

type Checks = {
  readonly checks: readonly {
    readonly name: string
    readonly status: string
    readonly what: string
    readonly how?: string
  }[]
}

describe('teal doctor', { timeout: 110_000 }, () => {
  test('tells what runs, what a killed engine has left behind, and which ports are taken then', async (t) => {
    const data = dataDirectory(t)
    const serving = new Serving(data)
    const url = await serving.url()
    const { productionUrl } = await createLoadBalancing(clientsOf(url))
    const running = await teal('doctor', '--data', data)
    assert.equal(running.exitCode, 0, running.output)
    assert.match(
      running.output,
      new RegExp(`ok +engine +It runs \\(process ${serving.child.pid}\\), with the load balancer\\.\n`),
    )
    assert.match(running.output, /ok +endpoint +The engine answers at http/)
    assert.match(running.output, /ok +listeners +Bound: \d+, \d+\.\n/)
    for (const line of running.output.split('\n')) assert(line.length <= 80 || line.includes('/'), `too wide: ${line}`)

    assert.equal(await serving.end('SIGKILL'), 'SIGKILL')
    const left = await checks(data, await freePort())
    assert.match(
      of(left, 'engine').what,
      /^The load balancer runs without an engine\. The engine \(process \d+\) was killed\.$/,
    )
    assert.equal(of(left, 'engine').status, 'warning')
    assert.match(of(left, 'engine').how ?? '', /teal serve --data .* takes over what runs; `teal down/)

    await teal('down', '--data', data)
    const port = Number(new URL(productionUrl).port)
    const other = createServer().listen(port, '127.0.0.1')
    t.after(() => other.close())
    const taken = await checks(data, port)
    assert.deepEqual([of(taken, 'endpoint').status, of(taken, 'endpoint').what], ['problem', `Port ${port} is taken.`])
    assert.match(of(taken, 'listeners').what, new RegExp(`are taken: ${port}\\.$`))
  })

  test('tells a file system that has become read-only, and what runs there all the same', async (t) => {
    if (!(await canMountReadOnly())) return t.skip('only root can mount the read-only file system this test needs')
    const data = dataDirectory(t)
    const serving = new Serving(data)
    const url = await serving.url()
    const doctor = [process.execPath, launcher, 'doctor', '--data', data, '--port', new URL(url).port, '--json']
    const { stdout } = await readOnly(data, 'sh', '-c', '"$@" || true', 'sh', ...doctor)
    const { checks: found } = JSON.parse(stdout) as Checks
    const directory = of(found, 'data directory')
    assert.deepEqual([directory.status, directory.what], ['problem', `${data} lies on a read-only file system.`])
    assert.match(of(found, 'engine').what, new RegExp(`^It runs \\(process ${serving.child.pid}\\)`))
    assert.match(of(found, 'endpoint').what, /^The engine answers at http/)
  })

  test('tells a state file of a newer Teal, and ends with 1', async (t) => {
    const data = dataDirectory(t)
    const state = new DatabaseSync(join(data, 'state.db'))
    state.exec('CREATE TABLE rows (x); PRAGMA application_id = 0x7465616c; PRAGMA user_version = 99')
    state.close()
    const { exitCode, output } = await teal('doctor', '--data', data, '--port', String(await freePort()), '--json')
    assert.equal(exitCode, 1)
    const directory = of((JSON.parse(output) as Checks).checks, 'data directory')
    assert.equal(directory.status, 'problem')
    assert.match(directory.what, /was written by a newer version of Teal \(format 99;/)
  })
})

async function checks(data: string, port: number): Promise<Checks['checks']> {
  const { output } = await teal('doctor', '--data', data, '--port', String(port), '--json')
  return (JSON.parse(output) as Checks).checks
}

function of(all: Checks['checks'], name: string): Checks['checks'][number] {
  const check = all.find((candidate) => candidate.name === name)
  assert(check, `there is a check ${name}`)
  return check
}
