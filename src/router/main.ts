import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { AccessLog } from './access-log.ts'
import { tuneCompiler } from './compiler.ts'
import { Control, type Controlled, type ControlSettings } from './control.ts'
import { DataPlane } from './data-plane.ts'
import { ListeningPorts } from './ports.ts'
import { Predecessor } from './predecessor.ts'
import { probe } from './probe.ts'
import { DirectoryTaken, takeRouterLock } from './router-lock.ts'
import { SavedState } from './saved-state.ts'
import { handOver, type Retiring } from './succession.ts'
import { secureWithTls } from './tls-securing.ts'
import { chooseTlsWires } from './tls-wires.ts'
import { chooseTransport } from './transport.ts'

const usage =
  'Usage: router --data DIR --listen-host HOST --socket PATH [--name NAME] [--sibling PATH]… [--version TEXT] [--detached]'
const onSignal = { graceMilliseconds: 10_000, lingerMilliseconds: 0 }
/** Connections that a router still has when another has taken over end after so long: streams, WebSockets. */
const retirementMilliseconds = 3_600_000

await main()

/**
 * The router's process. Exit codes: 1 where it cannot start, 2 for wrong arguments, 3 where another router has the
 * data directory. It needs nobody to serve; the engine tells it tables and asks it for reports. */
async function main(): Promise<void> {
  const options = readArguments()
  // A log that cannot be written, as on a file system that has become read-only, is no reason to log that.
  process.stdout.on('error', () => undefined)
  tuneCompiler()
  try {
    mkdirSync(options.data, { recursive: true, mode: 0o700 })
    await serve(options)
    // One request that trips over a mistake of ours must not take all the others with it; its own time-out ends it.
    process.on('uncaughtException', (error) => log(`Something failed inside the router: ${error.stack}`))
    log(`Router ${process.pid} serves on ${options.listenHost}`)
  } catch (error) {
    log(error instanceof Error ? error.message : String(error))
    process.exit(error instanceof DirectoryTaken ? 3 : 1)
  }
}

async function serve(options: Options): Promise<void> {
  const { data, listenHost, siblings, name } = options
  const predecessor = options.succeeds ? new Predecessor(process) : undefined
  // Held until the process ends, and given back by the kernel in whatever way it does.
  const firstLock = predecessor === undefined ? takeRouterLock(data, name) : undefined
  const inherited = (await predecessor?.ports()) ?? new Map()
  const ports = new ListeningPorts({ listenHost, siblings, inherited, areInheritedShared: predecessor?.sharesPorts })
  const accessLog = new AccessLog({ dataDirectory: data, routerId: randomUUID(), nodeAddress: listenHost, log })
  const transport = await chooseTransport(process.env['TEAL_ROUTER_TRANSPORT'])
  const plane = new DataPlane({
    listenHost,
    ports,
    transport,
    secure: secureWithTls(await chooseTlsWires(transport.name)),
    onExchange: (record) => accessLog.add(record),
    savedState: new SavedState(data, log, name.replace(/^router/, '')),
    probe,
    random: Math.random,
    log,
  })
  await plane.restore()
  predecessor?.beginsWith(plane.table)
  ports.dropInherited()
  await predecessor?.untilCharge()
  await obey(options, { plane, accessLog, ports, predecessor, lock: firstLock ?? takeRouterLock(data, name) })
  predecessor?.inCharge()
}

type Router = {
  readonly plane: DataPlane
  readonly accessLog: AccessLog
  readonly ports: ListeningPorts
  readonly predecessor: Predecessor | undefined
  readonly lock: { readonly release: () => void }
}

/** From here on the engine, the system and a terminal can tell the router what to do. */
async function obey(options: Options, router: Router): Promise<void> {
  const { data, name, listenHost, socketPath, siblings, version, detached } = options
  const { plane, accessLog, predecessor } = router
  const { areShared: sharesPorts } = router.ports
  let { lock } = router
  const end = onlyOnce(async (close: () => Promise<void>) => {
    await close()
    await accessLog.close()
    log('Ended')
    process.exit(0)
  })
  const onShutdown: ControlSettings['onShutdown'] = ({ graceMilliseconds, lingerMilliseconds }) =>
    end(async () => {
      log('Ending: no more connections are taken, running requests may end')
      control.close()
      // The next router need not wait for the last requests of this one: it can open the ports at once.
      const closing = plane.close({ graceMilliseconds, lingerMilliseconds, onPortsFree: () => lock.release() })
      await Promise.all([closing, predecessor?.end(graceMilliseconds)])
    })
  const report = () => predecessor?.addedTo(plane.report()) ?? plane.report()
  const retiring: Retiring = {
    servers: () => plane.servers(),
    sharesPorts,
    report,
    async follow(told) {
      const isFollowing = await plane.follow(told)
      if (isFollowing) await predecessor?.follow(plane.table)
      return isFollowing
    },
    letGo() {
      control.close()
      lock.release()
    },
    async takeBack() {
      lock = takeRouterLock(data, name)
      control = await open()
    },
    end: onlyOnce(async (graceMilliseconds: number) => {
      await Promise.all([plane.close({ graceMilliseconds }), predecessor?.end(graceMilliseconds)])
      await accessLog.close()
      log('Ended')
      process.exit(0)
    }),
  }
  const controlled: Controlled = {
    async apply(table, text) {
      const applied = await plane.apply(table, text)
      await predecessor?.follow(plane.table)
      return applied
    },
    async applyNews(news) {
      const applied = await plane.applyNews(news)
      if (applied !== undefined) await predecessor?.follow(plane.table)
      return applied
    },
    report,
    ports: () => [...plane.servers().keys()],
    async handOver(command) {
      log('Handing over to another router')
      await handOver(command, retiring)
      end(() => plane.retire({ graceMilliseconds: retirementMilliseconds }))
    },
  }
  const open = () => Control.open(controlled, { socketPath, listenHost, sharesPorts, siblings, version, onShutdown })
  let control = await open()
  process.on('SIGTERM', () => onShutdown(onSignal))
  // Ctrl-C in a terminal reaches everything in the foreground; whether the router ends is then the engine's choice.
  process.on('SIGINT', () => (detached ? undefined : onShutdown(onSignal)))
}

function onlyOnce<Argument>(work: (argument: Argument) => Promise<void>): (argument: Argument) => void {
  let isBegun = false
  return (argument) => {
    if (isBegun) return
    isBegun = true
    void work(argument)
  }
}

type Options = ReturnType<typeof readArguments>

function readArguments() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      'listen-host': { type: 'string' },
      socket: { type: 'string' },
      name: { type: 'string', default: 'router' },
      sibling: { type: 'string', multiple: true, default: [] },
      version: { type: 'string', default: '' },
      detached: { type: 'boolean', default: false },
      succeeds: { type: 'boolean', default: false },
    },
  })
  const { data, 'listen-host': listenHost, socket: socketPath, name, sibling: siblings, version } = values
  if (data === undefined || listenHost === undefined || socketPath === undefined) {
    log(usage)
    process.exit(2)
  }
  const { detached, succeeds } = values
  return { data, listenHost, socketPath, name, siblings, version, detached, succeeds }
}

function log(message: string): void {
  console.log(`${new Date().toISOString()} ${message}`)
}
