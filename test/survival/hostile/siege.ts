import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { callRouter } from '../../../src/adapters/router-process.ts'
import { TableSender } from '../../../src/adapters/table-sender.ts'
import type { ReportInJson } from '../../../src/domain/router-report.ts'
import type { ListenerRoute, RoutingTable, TargetGroupRoute } from '../../../src/domain/routing-table.ts'
import { freePort } from '../../free-port.ts'
import { wellMeant, type RawTarget } from './raw-target.ts'

const program = fileURLToPath(new URL('../../../src/router/main.ts', import.meta.url))
const patienceMilliseconds = 20_000

type SiegeSettings = {
  readonly targets: readonly RawTarget[]
  readonly listener?: Partial<ListenerRoute>
  /** `ulimit -n` for the router. */
  readonly openFiles?: number
}

/** A router's process with one listener in front of targets, and the ways to attack it. */
export class Siege implements AsyncDisposable {
  readonly port: number
  readonly #child: ChildProcess
  readonly #directory: string
  readonly #targets: readonly RawTarget[]
  readonly #clients = new Set<Socket>()
  /** Processes of routers that have taken over. */
  readonly #successors: number[] = []
  /** As by the engine: after the first table, the news of each. */
  #tables: TableSender | undefined

  /** The listener's idle timeout is 2 seconds unless something else is wanted. */
  static async begin({ targets, listener = {}, openFiles }: SiegeSettings): Promise<Siege> {
    const directory = mkdtempSync(join(tmpdir(), 'teal-siege-'))
    const port = await freePort()
    const siege = new Siege({ port, directory, targets, child: spawnRouter(directory, openFiles) })
    try {
      await siege.#prepare(tableOf(port, targets, listener))
      return siege
    } catch (error) {
      await siege[Symbol.asyncDispose]()
      throw error
    }
  }

  constructor(parts: { port: number; directory: string; targets: readonly RawTarget[]; child: ChildProcess }) {
    this.port = parts.port
    this.#directory = parts.directory
    this.#targets = parts.targets
    this.#child = parts.child
  }

  async #prepare(table: RoutingTable): Promise<void> {
    await until('the router answers', async () => {
      this.assertAlive()
      return (await this.report().catch(() => undefined)) !== undefined
    })
    await this.apply(table)
    await until('the targets are healthy', async () =>
      Object.values((await this.report()).targets).every(({ health }) => health.state === 'healthy'),
    )
  }

  /** Resolves when the table is in force. */
  async apply(table: RoutingTable): Promise<void> {
    this.#tables ??= new TableSender(this.#socketPath)
    await this.#tables.send(table)
  }

  /** Another router takes the place of the one in charge, which ends with what it has open. */
  async succeed(): Promise<void> {
    const body = { command: commandFor(this.#directory) }
    await callRouter(this.#socketPath, { method: 'POST', path: '/succession', body })
    this.#successors.push((await this.report()).pid)
  }

  async report(): Promise<ReportInJson> {
    return (await callRouter(this.#socketPath, { method: 'GET', path: '/report' })) as ReportInJson
  }

  /** A connection to the listener. It is closed when the siege ends. */
  async connect(): Promise<Client> {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    this.#clients.add(socket)
    socket.on('close', () => this.#clients.delete(socket))
    await once(socket, 'connect')
    return new Client(socket)
  }

  /** Sends the bytes and resolves with everything that comes until the router closes the connection. */
  async send(bytes: string | Buffer): Promise<string> {
    const client = await this.connect()
    client.write(bytes)
    return client.untilClosed()
  }

  /** A request as everybody sends them is answered by a target. */
  async serves(): Promise<void> {
    const answer = await this.send(`GET ${wellMeant} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    assert.match(answer, /^HTTP\/1\.1 200 /)
    assert.ok(answer.endsWith(`\r\n\r\n${wellMeant}`), answer.slice(-200))
  }

  /** Resident memory in MiB. */
  memory(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024
  }

  openFiles(): number {
    return readdirSync(`/proc/${this.#child.pid}/fd`).length
  }

  /** The router is alive and the process it was at first. */
  assertAlive(): void {
    const { exitCode, signalCode } = this.#child
    const isAlive = exitCode === null && signalCode === null
    assert.ok(isAlive, isAlive ? '' : `The router has ended (${exitCode ?? signalCode}): ${this.#log()}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#clients) socket.destroy()
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL')
      await once(this.#child, 'exit')
    }
    for (const pid of this.#successors) await ended(pid)
    for (const target of this.#targets) await target.close()
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10 })
  }

  get #socketPath(): string {
    return join(this.#directory, 'router.sock')
  }

  #log(): string {
    return readFileSync(join(this.#directory, 'output'), 'utf8').slice(-2_000)
  }
}

/** One connection, of which a test sees every byte. */
export class Client {
  readonly socket: Socket
  received = ''
  #isClosed = false

  constructor(socket: Socket) {
    this.socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => (this.received += text))
    socket.on('error', () => undefined)
    socket.on('end', () => socket.destroy())
    socket.on('close', () => (this.#isClosed = true))
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  write(bytes: string | Buffer): void {
    if (!this.#isClosed) this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes)
  }

  async untilClosed(): Promise<string> {
    await until(
      `the connection is closed; it received ${JSON.stringify(this.received.slice(0, 200))}`,
      () => this.#isClosed,
    )
    return this.received
  }

  /** The status codes of all answers so far. */
  get statusCodes(): readonly number[] {
    return statusCodesIn(this.received)
  }
}

export function statusCodesIn(received: string): readonly number[] {
  return [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, code]) => Number(code))
}

/** Looks again and again; fails after twenty seconds. */
export async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds
  while (!(await look())) {
    assert.ok(performance.now() < deadline, `Not within ${patienceMilliseconds / 1000} s: ${what}`)
    await delay(10)
  }
}

function spawnRouter(directory: string, openFiles: number | undefined): ChildProcess {
  const limit = openFiles === undefined ? '' : `ulimit -n ${openFiles}; `
  const command = `${limit}exec "$0" "$@" > '${join(directory, 'output')}' 2>&1`
  return spawn('sh', ['-c', command, ...commandFor(directory)], { stdio: 'ignore' })
}

function commandFor(directory: string): readonly [program: string, ...options: readonly string[]] {
  const socketPath = join(directory, 'router.sock')
  return [process.execPath, program, '--data', directory, '--listen-host', '127.0.0.1', '--socket', socketPath]
}

/** Resolves when the process is gone that may be another router's child. */
async function ended(pid: number): Promise<void> {
  const isThere = (signal: NodeJS.Signals | 0): boolean => {
    try {
      return process.kill(pid, signal)
    } catch {
      return false
    }
  }
  isThere('SIGKILL')
  await until('a router has ended', async () => !isThere(0))
}

const group = 'group'

function tableOf(port: number, targets: readonly RawTarget[], listener: Partial<ListenerRoute>): RoutingTable {
  return {
    version: 1,
    listeners: [
      {
        listenerArn: 'listener',
        port,
        rules: [],
        defaultAction: { type: 'forward', targetGroups: [{ targetGroupArn: group, weight: 1 }] },
        idleTimeoutSeconds: 2,
        clientKeepAliveSeconds: 3600,
        ...listener,
      },
    ],
    targetGroups: new Map([[group, groupOf(targets)]]),
  }
}

function groupOf(targets: readonly RawTarget[]): TargetGroupRoute {
  return {
    targetGroupArn: group,
    healthCheck: {
      enabled: true,
      path: '/health',
      port: 'traffic-port',
      // Often enough to begin with, and then a failure more or less does not matter.
      intervalSeconds: 0.2,
      timeoutSeconds: 10,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 1_000,
      matcher: '200',
    },
    deregistrationDelaySeconds: 300,
    targets: targets.map((target) => ({ id: '127.0.0.1', port: target.port, draining: false })),
  }
}
