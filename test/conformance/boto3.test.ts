import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { DeploymentRecord } from '../../src/domain/deployment-record.ts'
import { Theatre } from '../survival/theatre.ts'
import { command, missing } from './command.ts'

const program = fileURLToPath(new URL('three-deployments.py', import.meta.url))
const taskDefinition = fileURLToPath(new URL('../../examples/hello/taskdef.json', import.meta.url))
const skip = await missing('python3', ['-c', 'import boto3'])

test(
  'boto3 deploys three times in a row while the engine is killed again and again, and no request is lost',
  {
    skip,
    timeout: 110_000,
  },
  async (t) => {
    const theatre = await Theatre.open('300ms')
    t.after(() => theatre.close())
    const load = theatre.startLoad()
    const killer = new Killer(theatre)
    const { exitCode, output, errors } = await command(theatre.url, 'python3', [program, taskDefinition], {
      onOutput: (text) => killer.hear(text),
    })
    const kills = await killer.end()
    assert.equal(exitCode, 0, output + errors)
    const statuses = [...output.matchAll(/"status": "(\w+)"/g)].map(([, status]) => status)
    assert.deepEqual(statuses, ['Succeeded', 'Succeeded', 'Succeeded'])
    const account = await load.stop()
    t.diagnostic(`killed ${kills} times; ${account.answered} requests answered, ${account.failed} failed`)
    assert.deepEqual(account.failures, [])
    assert(kills >= 3, `the engine was killed ${kills} times`)

    const ids = [...output.matchAll(/"deploymentId": "(d-\w+)", "image"/g)].map(([, id]) => id)
    const weights = [11, 3, 2]
    for (const [at, id] of ids.entries()) await assertRecord(theatre, id ?? '', weights[at] ?? 0)
  },
)

/** Kills the engine once or twice in each deployment, at any moment of it, and starts the next one at once. */
class Killer {
  readonly #theatre: Theatre
  #work: Promise<void> = Promise.resolve()
  #kills = 0

  constructor(theatre: Theatre) {
    this.#theatre = theatre
  }

  hear(text: string): void {
    if (!text.includes('"image"')) return
    this.#work = this.#work.then(() => this.#killOnceOrTwice())
    // Told by `end`.
    this.#work.catch(() => undefined)
  }

  async end(): Promise<number> {
    await this.#work
    return this.#kills
  }

  async #killOnceOrTwice(): Promise<void> {
    await this.#killAfter(Math.random() * 1_000)
    if (Math.random() < 0.5) await this.#killAfter(Math.random() * 2_000)
  }

  async #killAfter(milliseconds: number): Promise<void> {
    await delay(milliseconds)
    await this.#theatre.killEngine()
    this.#kills += 1
    await this.#theatre.startEngine()
  }
}

/** What the engines have written down, one after another, is whole. */
async function assertRecord(theatre: Theatre, deploymentId: string, weightCount: number): Promise<void> {
  const answer = await fetch(`${theatre.url}/deployments/${deploymentId}.json`)
  const record = (await answer.json()) as DeploymentRecord
  assert.equal(record.status, 'Succeeded')
  assert.equal(record.traffic.counted, true)
  assert.equal(record.traffic.failed, 0)
  const groups = new Set(record.traffic.totals.map(({ targetGroup }) => targetGroup))
  assert.deepEqual(groups, new Set(['hello-blue', 'hello-green']))
  const weights = new Set(record.traffic.rows.map((row) => row.weights['hello-green']))
  assert(weights.size <= weightCount && weights.size >= 2, [...weights].join(', '))
  assert(record.steps.every(({ endedAt, sentence }) => endedAt !== undefined && sentence.length > 10))
}
