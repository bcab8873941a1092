import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { Cleanups } from '../cleanups.ts'

/** A target that speaks bytes; health checks are turned away, so that it is reached by failing open. */
export async function startRawApp(
  cleanups: Cleanups,
  onRequest: (socket: Socket, head: string) => void,
): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      const head = chunk.toString('latin1')
      if (head.startsWith('GET /health')) socket.destroy()
      else onRequest(socket, head)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
