import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { Load } from '../../demo/load/index.ts'
import { makeCertificate } from '../router/test-certificates.ts'
import { asProcesses, Theatre, until } from './theatre.ts'

const plainServer = readFileSync(new URL('../../examples/hello/server.mjs', import.meta.url), 'utf8')

describe('tasks that speak TLS themselves, under load', { timeout: 400_000 }, () => {
  let theatre: Theatre
  let load: Load
  before(async () => {
    theatre = await Theatre.open('200ms', {
      ...asProcesses,
      targetGroups: { Protocol: 'HTTPS', HealthCheckProtocol: 'HTTPS' },
      async firstImage(opening) {
        await Promise.all([
          opening.build('hello:1', { 'server.mjs': secureServer() }),
          opening.build('hello:2', { 'server.mjs': secureServer(), 'version.txt': '2\n' }),
          opening.build('hello:plain', { 'version.txt': '3\n' }),
        ])
        return 'hello:1'
      },
    })
    load = theatre.startLoad()
  })
  after(() => theatre?.close())

  test('a version without TLS is refused with what was seen of it, and blue answers every request', async () => {
    const failed = await theatre.ended(await theatre.deploy('hello:plain'))
    assert.deepEqual([failed.status, failed.errorInformation?.code], ['Failed', 'TIMEOUT'])
    assert.match(failed.errorInformation?.message ?? '', /no TLS connection/)
    const rollbackId = failed.rollbackInfo?.rollbackDeploymentId ?? ''
    assert.equal((await theatre.ended(rollbackId)).status, 'Succeeded')
    const account = await load.account()
    assert.deepEqual(account.failures, [])
    assert.deepEqual(
      account.versions.map(({ version }) => version),
      ['1'],
    )
  })

  test('the next version goes live, through a killed engine, and no request is lost', async () => {
    const deploymentId = await theatre.deploy('hello:2')
    await until('it has begun', async () => (await theatre.deployment(deploymentId)).status === 'InProgress')
    await theatre.killEngine()
    await theatre.startEngine()
    const { status, errorInformation } = await theatre.ended(deploymentId)
    assert.equal(status, 'Succeeded', errorInformation?.message)
    await until('version 2 answers', async () => {
      return (await load.account()).versions.some(({ version }) => version === '2')
    })
    const account = await load.account()
    assert.deepEqual(account.failures, [])
    const { exchanges = [] } = await theatre.routerReport()
    assert.ok(exchanges.some(({ responseTimes }) => responseTimes.counts.length > 0))
    assert.ok(exchanges.every(({ tlsNegotiationErrors = 0 }) => tlsNegotiationErrors === 0))
  })
})

/** The example's, with a certificate of its own that nobody vouches for. */
function secureServer(): string {
  const { certificate, privateKey } = makeCertificate({ names: ['hello.example'] })
  const options = JSON.stringify({ cert: certificate, key: privateKey })
  return plainServer
    .replace("from 'node:http'", "from 'node:https'")
    .replace('createServer((request', `createServer(${options}, (request`)
}
