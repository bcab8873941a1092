import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Load } from '../../demo/load/index.ts'
import { Theatre, until } from './theatre.ts'

const badVersions = {
  'that crashes at start': {
    server: `console.error('cannot reach the database at db.internal:5432'); process.exit(3)`,
    seen: [/exit code 3/, /cannot reach the database at db\.internal:5432/],
  },
  'that never gets healthy': {
    server: `
      import { createServer } from 'node:http'
      createServer((_request, response) => response.writeHead(503).end()).listen(Number(process.env.PORT))`,
    seen: [/503/],
  },
  'that listens on the wrong port': {
    server: `
      import { createServer } from 'node:http'
      createServer((_request, response) => response.end()).listen(0)`,
    seen: [/refused/, /PORT/],
  },
}

describe('a version that is no good, under load', { timeout: 400_000 }, () => {
  let theatre: Theatre
  let load: Load
  before(async () => {
    theatre = await Theatre.open('200ms') // The 60 minutes of an installation take 12 seconds.
    load = theatre.startLoad()
  })
  after(() => theatre?.close())

  for (const [kind, { server, seen }] of Object.entries(badVersions)) {
    test(`${kind} is refused in time with what was seen of it, and blue answers every request`, async () => {
      const tag = `hello:${kind.replaceAll(' ', '-')}`
      await theatre.build(tag, { 'server.mjs': server })
      const startedAt = performance.now()
      const deploymentId = await theatre.deploy(tag)
      const failed = await theatre.ended(deploymentId)
      assert(performance.now() - startedAt < 30_000, 'it ended soon after its time-out')
      assert.equal(failed.status, 'Failed')
      assert.equal(failed.errorInformation?.code, 'TIMEOUT')
      const message = failed.errorInformation.message ?? ''
      assert.match(message, /timed out while waiting for the replacement task set to become healthy/)
      for (const evidence of seen) assert.match(message, evidence)
      const rollbackId = failed.rollbackInfo?.rollbackDeploymentId ?? ''
      assert.equal((await theatre.ended(rollbackId)).status, 'Succeeded')
      await until('green is gone', async () => {
        const { taskSetsInfo = [] } = await theatre.target(rollbackId)
        return taskSetsInfo.find(({ taskSetLabel }) => taskSetLabel === 'Green')?.runningCount === 0
      })
      const account = await load.account()
      assert.deepEqual(account.failures, [])
      assert.deepEqual(
        account.versions.map(({ version }) => version),
        ['1'],
      )
    })
  }
})
