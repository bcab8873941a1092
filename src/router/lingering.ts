import { performance } from 'node:perf_hooks'
import type { Socket } from 'node:net'

/** Whoever is told that a connection ends gets so long to read what it was sent, and to end it on its side. */
const lingerMilliseconds = 2_000
/** One that goes on sending meanwhile, as many do before they read, gets as long again, and no more than this. */
const longestMilliseconds = 30_000

/**
 * To be called when the end was said: closes the connection when nothing comes on it any more. What comes is to be read, by
 * whoever calls this: the kernel would otherwise reset the connection, and with it what it was sent. While `isPaused` nobody
 * can tell whether more would come, and the connection stays.
 */
export function destroyWhenSilent(socket: Socket, isPaused = (): boolean => false): void {
  const end = performance.now() + longestMilliseconds
  let bytesRead = socket.bytesRead
  const look = (): void => {
    if (socket.destroyed) return
    const isOver = socket.bytesRead === bytesRead || performance.now() > end
    if (isOver && !isPaused()) return void socket.destroy()
    bytesRead = socket.bytesRead
    setTimeout(look, lingerMilliseconds).unref()
  }
  setTimeout(look, lingerMilliseconds).unref()
}
