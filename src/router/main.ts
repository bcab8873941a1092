import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { AccessLog } from './access-log.ts'
import { Control } from './control.ts'
import { DataPlane } from './data-plane.ts'
import { shareOfOwnFiles } from './file-limit.ts'
import { ListeningPorts } from './ports.ts'
import { Predecessor } from './predecessor.ts'
import { probe } from './probe.ts'
import { DirectoryTaken, takeRouterLock } from './router-lock.ts'
import { SavedState } from './saved-state.ts'
import { Tenure, type TenureParts } from './tenure.ts'
import { secureWithTls } from './tls-securing.ts'
import { chooseTransport } from './transport.ts'
import { tuneV8 } from './v8-settings.ts'

const usage =
  'Usage: router --data DIR --listen-host HOST --socket PATH [--name NAME] [--sibling PATH]… [--version TEXT] [--detached]'
const onSignal = { graceMilliseconds: 10_000, lingerMilliseconds: 0 }

await main()

/**
 * The router's process. Exit codes: 1 where it cannot start, 2 for wrong arguments, 3 where another router has the
 * data directory. It needs nobody to serve; the engine tells it tables and asks it for reports. */
async function main(): Promise<void> {
  const options = readArguments()
  // A log that cannot be written, as on a file system that has become read-only, is no reason to log that.
  process.stdout.on('error', () => undefined)
  tuneV8()
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
  const ports = new ListeningPorts({
    listenHost,
    siblings,
    inherited,
    areInheritedShared: predecessor?.sharesPorts,
    socketLimit: shareOfOwnFiles().listeningSockets,
  })
  const accessLog = new AccessLog({ dataDirectory: data, routerId: randomUUID(), nodeAddress: listenHost, log })
  const transport = await chooseTransport(process.env['TEAL_ROUTER_TRANSPORT'])
  const plane = new DataPlane({
    listenHost,
    ports,
    transport,
    secure: secureWithTls(transport.tlsWires),
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
  const { areShared: sharesPorts } = ports
  await obey(options, { plane, accessLog, predecessor, sharesPorts, lock: firstLock ?? takeRouterLock(data, name) })
  predecessor?.inCharge()
}

type Router = Pick<TenureParts, 'plane' | 'accessLog' | 'predecessor' | 'sharesPorts' | 'lock'>

/** From here on the engine, the system and a terminal can tell the router what to do. */
async function obey({ data, name, listenHost, socketPath, siblings, version, detached }: Options, router: Router) {
  const settings = { socketPath, listenHost, sharesPorts: router.sharesPorts, siblings, version }
  const tenure = await Tenure.begin({
    ...router,
    takeLock: () => takeRouterLock(data, name),
    openControl: (begun) => Control.open(begun, { ...settings, onShutdown: (time) => void begun.shutDown(time) }),
    log,
  })
  process.on('SIGTERM', () => void tenure.shutDown(onSignal))
  // Ctrl-C in a terminal reaches everything in the foreground; whether the router ends is then the engine's choice.
  process.on('SIGINT', () => (detached ? undefined : void tenure.shutDown(onSignal)))
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
