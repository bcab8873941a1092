import { once } from 'node:events'
import type { Server } from 'node:net'
import type { ConnectionWire, Wire, WireEvents } from './wire.ts'

const trialMilliseconds = 2_000
const trialBytes = 1024 * 1024

/** Connects to this port of this machine. `onOpen` follows, or the events' `onClose`. */
type Open = (port: number, events: WireEvents, onOpen: (wire: Wire) => void) => { destroy(): void }

/**
 * Sends a megabyte there and back through two wires, of which the server's is an `echo`: enough to fill the kernel's
 * buffers on the way. False where it does not come back as it was, and whatever goes wrong.
 */
export async function passesTrial(server: Server, open: Open): Promise<boolean> {
  server.on('error', () => undefined)
  server.listen(0, '127.0.0.1')
  try {
    await once(server, 'listening')
    const address = server.address()
    return address !== null && typeof address === 'object' && (await comesBack(address.port, open))
  } catch {
    return false
  } finally {
    server.close()
    server.unref()
  }
}

async function comesBack(port: number, open: Open): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const sent = Buffer.alloc(trialBytes, 'through the kernel and back')
  const received = Buffer.alloc(trialBytes)
  let length = 0
  let opened: Wire | undefined
  const events = new TrialEvents({
    onBytes(bytes) {
      length += bytes.copy(received, length)
      if (length === trialBytes) opened?.end()
    },
    onClose: () => resolve(received.equals(sent)),
  })
  const connection = open(port, events, (wire) => {
    opened = wire
    wire.write(sent)
  })
  const timer = setTimeout(() => connection.destroy(), trialMilliseconds)
  const isBack = await promise
  clearTimeout(timer)
  return isBack
}

/** Sends back whatever comes. */
export function echo(wire: ConnectionWire): void {
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
