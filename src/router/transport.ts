import { createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { DirectHandles } from './direct-handle.ts'
import { DirectWire } from './direct-wire.ts'
import { SocketWire } from './socket-wire.ts'
import type { TcpWire, WireEvents } from './wire.ts'

/** Opens a connection to a target: `onConnect` follows, or `onClose` of the events. */
export type Connect = (
  address: { readonly id: string; readonly port: number },
  events: WireEvents,
  onConnect: () => void,
) => TcpWire

/**
 * How bytes get in and out of the kernel.
 *
 * - `net` uses nothing but Node's documented interface.
 * - `netx` takes the handle out of an accepted socket and gives it to a new one that reads into a buffer of ours (`onread`):
 *   Node's server has no such option. It needs the property `_handle`.
 * - `direct` reads and writes past the streams, by the sockets' handles (`src/router/direct-handle.ts`).
 *
 * All three behave the same, but for one thing: of a target that closes in the middle of an upload, Node's sockets forget
 * what it has answered, and `direct` reads it. The fastest that works on this Node is chosen when the router starts.
 */
export type Transport = {
  readonly name: TransportName
  /** A wire over a socket that was accepted with `pauseOnConnect`; nothing is read before its `start`. */
  readonly adopt: (socket: Socket) => TcpWire
  readonly connect: Connect
}

export type TransportName = 'net' | 'netx' | 'direct'

export const transportNames: readonly TransportName[] = ['direct', 'netx', 'net']

const transports: Readonly<Record<TransportName, Transport>> = {
  direct: {
    name: 'direct',
    adopt: (socket) => DirectWire.adopting(socket),
    connect: (address, events, onConnect) => DirectWire.connecting(address, events, onConnect),
  },
  netx: {
    name: 'netx',
    adopt: (socket) => SocketWire.adopting(handleOf(socket)),
    connect: (address, events, onConnect) => SocketWire.connecting(address, events, onConnect),
  },
  net: {
    name: 'net',
    adopt: (socket) => SocketWire.plain(socket),
    connect: (address, events, onConnect) => SocketWire.connecting(address, events, onConnect),
  },
}

export function transport(name: TransportName): Transport {
  return transports[name]
}

/** The one of this name, or the fastest that passes a trial on this Node. */
export async function chooseTransport(wanted: string | undefined): Promise<Transport> {
  const named = transportNames.find((name) => name === wanted)
  if (named !== undefined && (await isReady(named))) return transport(named)
  for (const name of transportNames) if ((await isReady(name)) && (await works(transport(name)))) return transport(name)
  return transport('net')
}

/** False where this Node's sockets are not made of what the way needs. */
async function isReady(name: TransportName): Promise<boolean> {
  try {
    if (name === 'direct') await DirectHandles.learn()
    return true
  } catch {
    return false
  }
}

/** The socket is left without what it stands for; nobody uses it any more. */
function handleOf(socket: Socket): unknown {
  const holder = socket as unknown as { _handle: unknown }
  const handle = holder._handle
  holder._handle = null
  return handle
}

const trialMilliseconds = 2_000
const trialBytes = 1024 * 1024

/** Sends a megabyte there and back through two wires: enough to fill the kernel's buffers on the way. */
async function works(tried: Transport): Promise<boolean> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    try {
      echo(tried.adopt(socket))
    } catch {
      socket.destroy()
    }
  })
  server.on('error', () => undefined)
  server.listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const address = server.address()
    return address !== null && typeof address === 'object' && (await comesBack(tried, address.port))
  } catch {
    return false
  } finally {
    server.close()
    server.unref()
  }
}

async function comesBack(tried: Transport, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const sent = Buffer.alloc(trialBytes, 'through the kernel and back')
  const received = Buffer.alloc(trialBytes)
  let length = 0
  const timer = setTimeout(() => wire.destroy(), trialMilliseconds)
  const events = new TrialEvents({
    onBytes(bytes) {
      length += bytes.copy(received, length)
      if (length === trialBytes) wire.end()
    },
    onClose: () => resolve(received.equals(sent)),
  })
  const wire = tried.connect({ id: '127.0.0.1', port }, events, () => wire.write(sent))
  const isBack = await promise
  clearTimeout(timer)
  return isBack
}

function echo(wire: TcpWire): void {
  wire.start(
    new TrialEvents({
      onBytes(bytes) {
        if (!wire.write(Buffer.from(bytes))) wire.pause()
      },
      onDrain: () => wire.resume(),
      onEnd: () => wire.end(),
    }),
  )
}

type Trial = {
  readonly onBytes: (bytes: Buffer) => void
  readonly onDrain?: () => void
  readonly onEnd?: () => void
  readonly onClose?: () => void
}

/**
 * Of one class for all trials, with methods: what wires have told once, V8 takes into account for good, and with one more
 * kind of receivers, or with functions as members, it would not put together reading and what follows.
 */
class TrialEvents implements WireEvents {
  readonly #trial: Trial

  constructor(trial: Trial) {
    this.#trial = trial
  }

  onBytes(bytes: Buffer, start: number, end: number): void {
    this.#trial.onBytes(bytes.subarray(start, end))
  }

  onDrain(): void {
    this.#trial.onDrain?.()
  }

  onEnd(): void {
    this.#trial.onEnd?.()
  }

  onClose(): void {
    this.#trial.onClose?.()
  }
}
