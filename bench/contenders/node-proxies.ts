import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../demo/free-ports.ts'
import { targetsOf, untilListening, type Door } from '../site.ts'
import type { Contender } from './contender.ts'

const program = fileURLToPath(new URL('./node-proxy-process.ts', import.meta.url))
const proxiedDoors: readonly Door[] = ['small', 'large']

/** The two libraries that programs in Node use most to forward requests. They write no access logs. */
export const nodeProxies: readonly Contender[] = (['httpxy', 'http-proxy'] as const).map((name) => ({
  name,
  setUp: 'one process, keep-alive agent, xfwd, a target drawn by weight for each request; no health checks, no log',
  version: () => packageVersion(name),
  async start(stage, site) {
    const ports = await freePorts(proxiedDoors.length)
    const byDoor = Object.fromEntries(proxiedDoors.map((door, index) => [door, ports[index] ?? 0]))
    const plan = proxiedDoors.map((door) => ({ port: byDoor[door], ...targetsOf(site, door) }))
    const child = stage.start({ name, command: process.execPath, args: [program, name, JSON.stringify(plan)] })
    await Promise.all(ports.map((port) => untilListening(port)))
    if (child.pid === undefined) throw new Error(`${name} could not be started`)
    return { pid: child.pid, ports: byDoor, http2: false, stop: () => stage.end(child) }
  },
}))

function packageVersion(name: string): string | undefined {
  try {
    const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
    return (JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }).version
  } catch {
    return undefined
  }
}
