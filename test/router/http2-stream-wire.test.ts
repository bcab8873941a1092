import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import type { ListenerTls } from '../../src/domain/routing-table.ts'
import { frame, headersFrame, Http2Frames, types } from './http2-frames.ts'
import { openSecuredPort, served, shakeHands } from './secured-port.ts'
import { makeCertificate } from './test-certificates.ts'

const large = randomBytes(1024 * 1024)

test(
  'what is answered ends with its last byte, and none of it by a reset, also for a client that takes little at a time',
  { timeout: 60_000 },
  async () => {
    const port = await openSecuredPort(settings(), (request, response) => {
      if (request.url === '/none') return void response.writeHead(204).end()
      if (request.url === '/chunked') {
        response.writeHead(200, { trailer: 'x-sum' }).write(large)
        response.addTrailers({ 'x-sum': '1' })
        return void response.end()
      }
      response.writeHead(200, { 'content-length': large.length }).end(large)
    })
    const frames = await Http2Frames.over(await shakeHands(port.port, { ALPNProtocols: ['h2'] }))
    const takesAtATime = Buffer.from([0, settingInitialWindowSize, 0, 0, 0xff, 0xff])
    frames.send(frame(types.settings, 0, 0, takesAtATime))
    const bodies: number[] = []
    for (const [at, path] of ['/length', '/chunked', '/none', '/length'].entries()) {
      frames.send(headersFrame(2 * at + 1, requestFor(path), { endStream: true }))
      bodies.push(await frames.wholeBody(2 * at + 1))
    }
    await frames.roundTrip()
    assert.deepEqual(bodies, [large.length, large.length, 0, large.length])
    assert.deepEqual([...frames.resets], [])
    frames.close()
    await port.close()
  },
)

function settings(): ListenerTls {
  const certificate = served('arn:one', makeCertificate({ names: ['one.example'] }))
  return { certificates: [certificate], sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-2021-06', http2: true }
}

const settingInitialWindowSize = 4

function requestFor(path: string): readonly (readonly [name: string, value: string])[] {
  return [
    [':method', 'GET'],
    [':path', path],
    [':scheme', 'https'],
    [':authority', 'one.example'],
  ]
}
