import type { Server } from 'node:http'

/** A server whose WebSockets send back what comes. */
export function echoUpgrades(server: Server): void {
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => undefined)
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.pipe(socket)
  })
}
