import type { Socket } from 'node:net'

type End = {
  readonly socket: Socket
  /** Came with the handshake and belongs to the other side. */ readonly head: Buffer
}

/** Passes everything through between two sockets until one of them is closed; then `onClosed` is called, once. */
export function joinSockets(
  client: End,
  target: End,
  { idleMilliseconds, cut }: { readonly idleMilliseconds: number; readonly cut: AbortSignal },
  onClosed: () => void,
): void {
  const timer = setTimeout(() => destroyBoth(), idleMilliseconds)
  const open = new Set([client.socket, target.socket])
  const destroyBoth = (): void => {
    client.socket.destroy()
    target.socket.destroy()
  }
  cut.addEventListener('abort', destroyBoth, { once: true })
  const join = (from: End, to: Socket): void => {
    if (from.head.length > 0) to.write(from.head)
    from.socket.setTimeout(0)
    from.socket.on('data', () => void timer.refresh())
    // What went wrong does not matter here: `close` follows, and it ends both.
    from.socket.on('error', () => undefined)
    from.socket.once('close', () => {
      open.delete(from.socket)
      // What the other side has not been given yet still goes out.
      to.destroySoon()
      if (open.size > 0) return
      clearTimeout(timer)
      cut.removeEventListener('abort', destroyBoth)
      onClosed()
    })
    from.socket.pipe(to)
  }
  join(client, target.socket)
  join(target, client.socket)
  if (cut.aborted) destroyBoth()
}
