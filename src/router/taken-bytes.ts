import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

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
async function waitingBytes({ localPort, remotePort }: Pick<Socket, 'localPort' | 'remotePort'>): Promise<string> {
  if (localPort === undefined || remotePort === undefined) return ''
  const [local, remote] = [hexadecimal(localPort), hexadecimal(remotePort)]
  const found: string[] = []
  for (const list of await read()) {
    for (let at = list.indexOf(local); at >= 0; at = list.indexOf(local, at + local.length)) {
      const [, one, other, queues = ''] = row.exec(lineAt(list, at)) ?? []
      const isOurs = (one === local && other === remote) || (one === remote && other === local)
      if (isOurs && /[^0:]/.test(queues)) found.push(queues)
    }
  }
  return found.join(' ')
}

/** The two ports, and what waits to be acknowledged and to be read. */
const row = /^\s*\d+: \w+(:\w{4} )\w+(:\w{4} )\w\w (\w+:\w+)/

/** As a port stands in a line. */
function hexadecimal(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, '0')} `
}

function lineAt(list: Buffer, at: number): string {
  const end = list.indexOf('\n', at)
  return list.toString('latin1', list.lastIndexOf('\n', at) + 1, end < 0 ? list.length : end)
}

let reading: Promise<readonly Buffer[]> | undefined

/** Once for all that ask meanwhile. */
async function read(): Promise<readonly Buffer[]> {
  reading ??= Promise.all(lists.map((path) => readFile(path).catch(() => Buffer.alloc(0))))
  try {
    return await reading
  } finally {
    reading = undefined
  }
}
