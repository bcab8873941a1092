import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Contender, ContenderName } from './contenders/contender.ts'
import type { LoadGenerator } from './load.ts'
import type { BenchOptions } from './options.ts'
import { residentKibibytes } from './process-cost.ts'
import type { Site } from './site.ts'
import type { Stage } from './stage.ts'

/** Resident memory of all of a contender's processes. */
export type MemoryUse = {
  readonly contender: ContenderName
  readonly atStartMebibytes: number
  /** A connection that had one answer and is kept open: what so many more of them take, divided. */
  readonly idleConnectionKibibytes: number
  /** A connection that is always busy with a small request: what the memory grows by under load, divided. */
  readonly busyConnectionKibibytes: number
  readonly underLoadMebibytes: number
}

type Surroundings = {
  readonly present: readonly Contender[]
  readonly site: Site
  readonly load: LoadGenerator
  readonly options: BenchOptions
  readonly signal: AbortSignal
  readonly say: (text: string) => void
}

const batch = 100
const busyConnections = 512
const settleMilliseconds = 500

/** Each contender in a fresh process, since what a process has once taken it seldom gives back. */
export async function measureMemory(stage: Stage, { present, ...rest }: Surroundings): Promise<readonly MemoryUse[]> {
  const uses: MemoryUse[] = []
  for (const contender of present) {
    const use = contender.name === 'direct' ? undefined : await measureOne(stage, contender, rest)
    if (use === undefined) continue
    uses.push(use)
    rest.say(
      `${contender.name.padEnd(10)} ${use.atStartMebibytes.toFixed(0)} MiB at start, ` +
        `${use.idleConnectionKibibytes.toFixed(1)} KiB per idle connection, ` +
        `${use.busyConnectionKibibytes.toFixed(1)} KiB per busy one`,
    )
  }
  return uses
}

async function measureOne(
  stage: Stage,
  contender: Contender,
  surroundings: Omit<Surroundings, 'present' | 'say'>,
): Promise<MemoryUse | undefined> {
  const idle = await inFreshProcess(stage, contender, surroundings, (act) => withIdleConnections(act, surroundings))
  const busy = await inFreshProcess(stage, contender, surroundings, (act) => underLoad(act, surroundings))
  if (idle === undefined || busy === undefined) return undefined
  return {
    contender: contender.name,
    atStartMebibytes: idle.atStart / 1024,
    idleConnectionKibibytes: Math.max(0, idle.measured - idle.warm) / surroundings.options.idleConnections,
    busyConnectionKibibytes: Math.max(0, busy.measured - busy.warm) / busyConnections,
    underLoadMebibytes: busy.measured / 1024,
  }
}

type Act = { readonly pid: number; readonly port: number }
/** In KiB. */
type Growth = { readonly atStart: number; readonly warm: number; readonly measured: number }

async function inFreshProcess(
  stage: Stage,
  contender: Contender,
  { site, load, options, signal }: Omit<Surroundings, 'present' | 'say'>,
  measure: (act: Act) => Promise<number>,
): Promise<Growth | undefined> {
  const running = await contender.start(stage, site)
  const { pid, ports } = running
  const port = ports.small
  try {
    if (pid === undefined || port === undefined) return undefined
    const atStart = residentKibibytes(pid)
    // Compiled code and first buffers are no connection's.
    await load.run({ port, protocol: 'http', connections: 8, seconds: options.warmUpSeconds }, signal)
    const warm = residentKibibytes(pid)
    return { atStart, warm, measured: await measure({ pid, port }) }
  } finally {
    await running.stop()
  }
}

async function withIdleConnections(
  { pid, port }: Act,
  { options, signal }: Pick<Surroundings, 'options' | 'signal'>,
): Promise<number> {
  const sockets = await openIdle(port, options.idleConnections, signal)
  await delay(settleMilliseconds)
  const resident = residentKibibytes(pid)
  for (const socket of sockets) socket.destroy()
  return resident
}

async function underLoad(
  { pid, port }: Act,
  { load, options, signal }: Pick<Surroundings, 'load' | 'options' | 'signal'>,
): Promise<number> {
  const { seconds } = options
  const running = load.run({ port, protocol: 'http', connections: busyConnections, seconds }, signal)
  const [resident] = await Promise.all([delay(seconds * 800).then(() => residentKibibytes(pid)), running])
  return resident
}

async function openIdle(port: number, count: number, signal: AbortSignal): Promise<readonly Socket[]> {
  const sockets: Socket[] = []
  while (sockets.length < count) {
    const opened = Array.from({ length: Math.min(batch, count - sockets.length) }, () => openOne(port))
    sockets.push(...(await Promise.all(opened)))
    signal.throwIfAborted()
  }
  return sockets
}

async function openOne(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(socket, 'data')
  socket.on('error', () => undefined)
  return socket
}
