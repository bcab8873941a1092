import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { inSlices } from './slices.ts'

/** A body of fewer bytes is with the target as soon as it is sent: its kernel takes as much whatever its program does. */
export const leastHeldBytes = 64 * 1024

/** What the kernel knows of TCP connections, by Linux. */
const lists = ['/proc/net/tcp', '/proc/net/tcp6']

/**
 * Whether a target still takes what it was sent. A wire tells only that there is room for more, and of a body the kernel
 * holds megabytes: a slow reader may need longer than the idle time-out until there is room again, and for the rest when
 * all is sent. So this asks the kernel, when nothing has moved for an idle time-out, and only then.
 */
export class TakenBytes {
  #before = ''

  /** True where something else waits than when this was asked last; at first, where anything does. False where it cannot be known. */
  async areMoving(socket: Pick<Socket, 'localPort' | 'remotePort'>): Promise<boolean> {
    const waiting = await waitingBytes(socket)
    const isMoving = waiting !== this.#before
    this.#before = waiting
    return isMoving
  }
}

/**
 * What waits in both directions of all connections between these two ports: theirs is seen where the target has no network
 * of its own. Empty where nothing waits.
 */
async function waitingBytes({
  localPort = 0,
  remotePort = 0,
}: Pick<Socket, 'localPort' | 'remotePort'>): Promise<string> {
  const waiting = await readWaiting()
  const [local, remote] = [hexadecimal(localPort), hexadecimal(remotePort)]
  return [local + remote, remote + local].flatMap((ports) => waiting.get(ports) ?? []).join(' ')
}

/** As a port stands in the kernel's lists. */
function hexadecimal(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, '0')} `
}

/** By the two ports of a connection: what waits to be acknowledged, and what to be read. */
type Waiting = ReadonlyMap<string, readonly string[]>

let reading: Promise<Waiting> | undefined

/** Once for all that ask meanwhile: as many connections may come to their time-out together. */
function readWaiting(): Promise<Waiting> {
  reading ??= readLists().finally(() => {
    reading = undefined
  })
  return reading
}

async function readLists(): Promise<Waiting> {
  const texts = await Promise.all(lists.map((path) => readFile(path, 'latin1').catch(() => '')))
  return inSlices(waitingIn(texts))
}

/** The two ports of a connection, and what waits on it. */
const row = /(:\w{4} )\w+(:\w{4} )\w\w (\w{8}:\w{8})/

const nothing = '00000000:00000000'

/** Step by step: with many connections there are megabytes of it. */
function* waitingIn(texts: readonly string[]): Generator<void, Waiting> {
  const waiting = new Map<string, string[]>()
  for (const text of texts) {
    const rows = new RegExp(row, 'g')
    for (let found = rows.exec(text); found !== null; found = rows.exec(text)) {
      const [, one = '', other = '', bytes = ''] = found
      yield
      if (bytes === nothing) continue
      const known = waiting.get(one + other)
      if (known === undefined) waiting.set(one + other, [bytes])
      else known.push(bytes)
    }
  }
  return waiting
}
