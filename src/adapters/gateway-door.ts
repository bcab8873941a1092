import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import type { Clock, Log } from '../engine/ports.ts'

export type DoorPlace = { readonly address: string; readonly port: number }

type GatewayDoorOptions = {
  readonly clock: Clock
  readonly log: Log
  /** Where the door is to be, as it is now; undefined while nobody knows. */
  readonly place: () => DoorPlace | undefined
  /** Takes over a connection that somebody has made. */
  readonly take: (connection: Socket) => void
}

const lookMilliseconds = 1_000

/**
 * A second address of the endpoint: that of the Docker network, by which containers reach it. The address comes and goes
 * with Docker's network, so the door is opened again until it stands open where it is to be.
 */
export class GatewayDoor {
  readonly #options: GatewayDoorOptions
  readonly #ended = new AbortController()
  #server: Server | undefined
  #openAt: string | undefined
  #complaint: string | undefined

  constructor(options: GatewayDoorOptions) {
    this.#options = options
  }

  /** Resolves when it was tried once; it is tried again until `close`. */
  async open(): Promise<void> {
    await this.#look()
    void this.#keep()
  }

  /** Takes no new connections; those that were handed on are not its own. */
  close(): void {
    this.#ended.abort(new Error('The door is closed.'))
    this.#server?.close()
  }

  async #keep(): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      await this.#options.clock.sleep(lookMilliseconds, signal).catch(() => undefined)
      if (!signal.aborted) await this.#look()
    }
  }

  async #look(): Promise<void> {
    const place = this.#options.place()
    if (place === undefined || this.#openAt === `${place.address}:${place.port}`) return
    this.#server?.close()
    this.#openAt = undefined
    const { log, take } = this.#options
    try {
      this.#server = await listening(place, take)
      this.#openAt = `${place.address}:${place.port}`
      this.#complaint = undefined
      if (this.#ended.signal.aborted) this.#server.close()
    } catch (error) {
      const complaint = `Containers cannot reach the endpoint at ${place.address}:${place.port}: ${String(error)}`
      if (complaint !== this.#complaint) log.warn(complaint)
      this.#complaint = complaint
    }
  }
}

export function doorPlace(address: string | undefined, port: number): DoorPlace | undefined {
  return address === undefined ? undefined : { address, port }
}

function listening({ address, port }: DoorPlace, take: (connection: Socket) => void): Promise<Server> {
  const server = createServer(take)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.off('error', reject)
      server.on('error', () => undefined)
      resolve(server)
    })
  })
}
