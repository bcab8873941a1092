import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import type { TargetGroupRoute } from '../../src/domain/routing-table.ts'
import type { Cleanups } from '../cleanups.ts'
import { makeCertificate } from './test-certificates.ts'
import { startAppOn, targetGroup, type TestApp } from './test-router.ts'

/** Nobody vouches for it, and it is for another name. */
const { certificate, privateKey } = makeCertificate({ names: ['somebody-else.example'] })

export const ownCertificate = { cert: certificate, key: privateKey }

/** As `startApp`, by TLS. */
export function startSecureApp(
  cleanups: Cleanups,
  onRequest: RequestListener,
  options: TlsOptions = {},
): Promise<TestApp> {
  return startAppOn(createServer({ ...ownCertificate, ...options }), cleanups, onRequest)
}

/** As `startRawApp`, by TLS; `raw` is what is below it. */
export async function startRawSecureApp(
  cleanups: Cleanups,
  onRequest: (socket: TLSSocket, head: string, raw: Socket) => void,
  options: TlsOptions = {},
): Promise<number> {
  const sockets = new Map<string, Socket>()
  const server = createTlsServer({ ...ownCertificate, ...options }, (socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      const head = chunk.toString('latin1')
      const raw = sockets.get(String(socket.remotePort))
      if (head.startsWith('GET /health') || raw === undefined) socket.destroy()
      else onRequest(socket, head, raw)
    })
  })
  server.on('connection', (socket: Socket) => {
    sockets.set(String(socket.remotePort), socket)
    socket.on('error', () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => {
    for (const socket of sockets.values()) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** A target group of Protocol HTTPS. */
export function secureGroup(...given: Parameters<typeof targetGroup>): TargetGroupRoute {
  const [arn, ports, more] = given
  return { ...targetGroup(arn, ports, { protocol: 'HTTPS', ...more }), protocol: 'HTTPS' }
}
