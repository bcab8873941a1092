import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import type { Cleanups } from '../cleanups.ts'

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // A process whose parent has not asked for its end yet is a name only.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch (error) {
    // Where there is no `/proc`, the signal alone has to tell.
    return (error as NodeJS.ErrnoException).code === 'ENOENT' && process.platform !== 'linux'
  }
}

/** A kept connection on which one request was answered. */
export async function openedConnection(cleanups: Cleanups, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  cleanups.add(() => socket.destroy())
  await once(socket, 'connect')
  socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  await once(socket, 'data')
  return socket
}

/** With what went wrong behind it, where something did. */
export async function readToEnd(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (bytes: Buffer) => (text += bytes.toString('latin1')))
  socket.once('error', (error) => (text += String(error)))
  if (!socket.readableEnded) await once(socket, 'end')
  return text
}
