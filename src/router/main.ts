import { mkdirSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { Control } from './control.ts'
import { DataPlane } from './data-plane.ts'
import { HttpForward } from './http-forward.ts'
import { probe } from './probe.ts'
import { DirectoryTaken, takeRouterLock } from './router-lock.ts'
import { SavedState } from './saved-state.ts'

const usage = 'Usage: router --data DIR --listen-host HOST --socket PATH [--detached]'
const graceOnSignalMilliseconds = 10_000

await main()

/**
 * The router's process. Exit codes: 1 where it cannot start, 2 for wrong arguments, 3 where another router has the
 * data directory. It needs nobody to serve; the engine tells it tables and asks it for reports. */
async function main(): Promise<void> {
  const { data, listenHost, socketPath, detached } = readArguments()
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 })
    // Held until the process ends, and given back by the kernel in whatever way it does.
    const lock = takeRouterLock(data)
    const plane = new DataPlane({
      listenHost,
      savedState: new SavedState(data, log),
      forward: new HttpForward(),
      probe,
      random: Math.random,
      log,
    })
    await plane.restore()
    let isEnding = false
    const end = async (graceMilliseconds: number): Promise<void> => {
      if (isEnding) return
      isEnding = true
      log('Ending: no more connections are taken, running requests may end')
      control.close()
      // The next router need not wait for the last requests of this one: it can open the ports at once.
      await plane.close({ graceMilliseconds, onPortsFree: () => lock.release() })
      log('Ended')
      process.exit(0)
    }
    const onShutdown = (graceMilliseconds: number): void => void end(graceMilliseconds)
    const control = await Control.open(plane, { socketPath, listenHost, onShutdown })
    process.on('SIGTERM', () => onShutdown(graceOnSignalMilliseconds))
    // Ctrl-C in a terminal reaches everything in the foreground; whether the router ends is then the engine's choice.
    process.on('SIGINT', () => (detached ? undefined : onShutdown(graceOnSignalMilliseconds)))
    log(`Router ${process.pid} serves on ${listenHost}`)
  } catch (error) {
    log(error instanceof Error ? error.message : String(error))
    process.exit(error instanceof DirectoryTaken ? 3 : 1)
  }
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      data: { type: 'string' },
      'listen-host': { type: 'string' },
      socket: { type: 'string' },
      detached: { type: 'boolean', default: false },
    },
  })
  const { data, 'listen-host': listenHost, socket: socketPath, detached } = values
  if (data === undefined || listenHost === undefined || socketPath === undefined) {
    log(usage)
    process.exit(2)
  }
  return { data, listenHost, socketPath, detached }
}

function log(message: string): void {
  console.log(`${new Date().toISOString()} ${message}`)
}
