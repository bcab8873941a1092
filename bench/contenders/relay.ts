import { fileURLToPath } from 'node:url'
import { freePorts } from '../../demo/free-ports.ts'
import { targetsOf, untilListening, type Door } from '../site.ts'
import type { Contender } from './contender.ts'

const program = fileURLToPath(new URL('./relay-process.ts', import.meta.url))
const relayedDoors: readonly Door[] = ['small', 'large']

/** What Node itself costs: the router's own way into the kernel, and nothing of a router. */
export const relay: Contender = {
  name: 'relay',
  setUp: 'not a proxy: one process of Node that passes bytes on between pairs of connections and reads none of them',
  version: () => `Node ${process.version}`,
  async start(stage, site) {
    const ports = await freePorts(relayedDoors.length)
    const byDoor = Object.fromEntries(relayedDoors.map((door, index) => [door, ports[index] ?? 0]))
    const plan = relayedDoors.map((door) => {
      const { blue, green } = targetsOf(site, door)
      return { port: byDoor[door], targets: [...blue, ...green] }
    })
    const child = stage.start({ name: 'relay', command: process.execPath, args: [program, JSON.stringify(plan)] })
    await Promise.all(ports.map((port) => untilListening(port)))
    if (child.pid === undefined) throw new Error('The relay could not be started')
    return { pid: child.pid, ports: byDoor, http2: false, stop: () => stage.end(child) }
  },
}
