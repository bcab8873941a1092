import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, closeSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { withRoomForFiles } from '../src/adapters/room-for-files.ts'

const endMilliseconds = 3_000

export type Actor = {
  /** What its output file is called, for people who look why it failed. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** Opens a channel for messages between the processes; only with Node on the other side. */
  readonly hasChannel?: boolean
  /** As a router has it from the engine. */
  readonly hasRoomForFiles?: boolean
}

/** Everything a benchmark starts and writes on the way, so that all of it ends with the benchmark. */
export class Stage {
  readonly directory = mkdtempSync(join(tmpdir(), 'teal-bench-'))
  readonly #children = new Set<ChildProcess>()
  #isCleared = false

  /** A process group of its own: whatever the process starts in turn is ended with it. */
  start({ name, command, args, env = {}, hasChannel = false, hasRoomForFiles = false }: Actor): ChildProcess {
    if (this.#isCleared) throw new Error('The benchmark was interrupted.')
    const output = openSync(this.outputFile(name), 'a')
    const told = ['ignore', output, output, ...(hasChannel ? (['ipc'] as const) : [])] as const
    const stdio = hasRoomForFiles ? withRoomForFiles(told, output) : [...told]
    const child = spawn(command, [...args], { stdio, detached: true, env: { ...process.env, ...env } })
    closeSync(output)
    this.#children.add(child)
    child.once('exit', () => this.#children.delete(child))
    child.once('error', () => this.#children.delete(child))
    return child
  }

  subdirectory(name: string): string {
    const directory = join(this.directory, name)
    mkdirSync(directory, { recursive: true, mode: 0o755 })
    return directory
  }

  /** The last lines a process wrote. */
  outputOf(name: string): string {
    return readFileSync(this.outputFile(name), 'utf8').trimEnd().split('\n').slice(-15).join('\n')
  }

  async end(child: ChildProcess): Promise<void> {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    signalGroup(child.pid, 'SIGTERM')
    await Promise.race([exited, delay(endMilliseconds, undefined, { ref: false })])
    // Also what the process has started and left behind.
    signalGroup(child.pid, 'SIGKILL')
    await exited
  }

  /** Ends everything and leaves nothing behind. */
  async clear(): Promise<void> {
    this.#isCleared = true
    await Promise.all([...this.#children].map((child) => this.end(child)))
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 10 })
  }

  /** What a process writes to its standard output and standard error. */
  outputFile(name: string): string {
    return join(this.directory, `${name}.out`)
  }
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // The last of the group has ended by itself.
  }
}
