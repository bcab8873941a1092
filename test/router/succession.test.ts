import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ReportInJson, RouterReport } from '../../src/domain/router-report.ts'
import { handOver, type Retiring } from '../../src/router/succession.ts'
import { freePort } from '../free-port.ts'
import { Cleanups } from './test-router.ts'

const report: RouterReport = {
  routerId: 'old',
  pid: process.pid,
  tableVersion: 1,
  refusedListeners: [],
  targets: new Map([
    ['idle', { health: { state: 'healthy' }, inFlight: 0 }],
    ['busy', { health: { state: 'healthy' }, inFlight: 2 }],
  ]),
  counts: [],
}

/** Takes over as a router does, with what it says when it is ready, and writes down the ports it was given. */
const successor = `
  const { writeFileSync } = require('node:fs')
  const [file, ready] = process.argv.slice(2)
  const ports = []
  process.on('message', ({ kind, port, report }, server) => {
    if (kind === 'port') ports.push(port) && server.close()
    if (kind === 'begin') process.send({ kind: 'serving' })
    if (kind === 'take-charge') {
      writeFileSync(file, JSON.stringify(ports))
      process.send({ kind: 'in-charge' })
    }
    // By then it is known to be in charge.
    if (kind === 'report') {
      writeFileSync(file + '.report', JSON.stringify(report))
      process.exit()
    }
  })
  process.on('disconnect', () => process.exit())
  process.send(JSON.parse(ready))
`

for (const [whose, ready, sockets] of [
  ['that knows of several sockets is given all of them', { kind: 'ready', takesSeveralSockets: true }, 3],
  ['of an older version is given one socket of each port', { kind: 'ready' }, 1],
] as const) {
  test(`a successor ${whose}`, async () => {
    await using cleanups = new Cleanups()
    const directory = cleanups.temporaryDirectory()
    const program = join(directory, 'successor.cjs')
    const told = join(directory, 'ports.json')
    writeFileSync(program, successor)
    const port = await freePort()
    const servers = [await listening(cleanups, port), await listening(cleanups, 0), await listening(cleanups, 0)]
    const { promise: ended, resolve: end } = Promise.withResolvers<void>()
    const router = retiring(new Map([[port, servers]]), end)
    await handOver([process.execPath, program, told, JSON.stringify(ready)], router)
    assert.deepEqual(
      JSON.parse(readFileSync(told, 'utf8')),
      Array.from({ length: sockets }, () => port),
    )
    await ended
    const { targets } = JSON.parse(readFileSync(`${told}.report`, 'utf8')) as ReportInJson
    assert.deepEqual(Object.keys(targets), ['busy'], 'of targets it tells those that it works with')
  })
}

async function listening(cleanups: Cleanups, port: number): Promise<Server> {
  const server = createServer()
  server.listen({ port, host: '127.0.0.1' })
  await once(server, 'listening')
  cleanups.add(() => void server.close())
  return server
}

function retiring(servers: ReadonlyMap<number, readonly Server[]>, end: () => void): Retiring {
  return {
    servers: () => servers,
    sharesPorts: true,
    report: () => report,
    follow: async () => true,
    letGo: () => undefined,
    takeBack: async () => undefined,
    end,
  }
}
