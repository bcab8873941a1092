import { spawn } from 'node:child_process'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import type { ExecCommand, ExecResult } from '../engine/ports.ts'
import { shimVariables, variablesPrefix } from './container-shim.ts'
import { hasProcFileSystem, pidOf } from './process-identity.ts'
import { readContainerState } from './task-directory.ts'
import type { ContainerFiles } from './task-directory.ts'

/** By then everything has been read that was written before the command ended. */
const closePatienceMilliseconds = 1_000

/** A container as a command meets it. */
export type ExecPlace = {
  readonly files: ContainerFiles
  readonly directory: string
  /** Its environment, where this engine has started it. */
  readonly started: Readonly<Record<string, string>> | undefined
}

/**
 * The command, in a group of its own whose leader waits for it. The leader's input is a pipe from the engine: when the
 * engine is gone, the pipe ends, and with it the whole group, so that nothing hangs on for ever.
 */
const script = `
eval "set -- $TEAL_PREFIX"' "$@"'
unset TEAL_PREFIX
exec 3<&0
{ cat <&3; kill -s KILL 0; } >/dev/null 2>&1 &
guard=$!
"$@" </dev/null 3<&-
code=$?
kill -s KILL "$guard"
exit "$code"
`

/** What the script sets itself. */
const scriptName = /^(?:IFS|guard|code)$/

/** Runs a command beside a container's process: with its environment and working directory. */
export async function execInContainer(
  place: ExecPlace,
  command: ExecCommand,
  signal: AbortSignal,
): Promise<ExecResult> {
  const state = readContainerState(place.files)
  if (state.kind !== 'running') throw new Error('The container is not running.')
  signal.throwIfAborted()
  const environment = environmentOf(pidOf(state.shim)) ?? place.started
  if (environment === undefined) {
    throw new Error('The container was started by an earlier engine, and this system does not tell its environment.')
  }
  const child = spawn('/bin/sh', ['-c', script, 'teal-exec', ...command.arguments], {
    cwd: place.directory,
    detached: true,
    env: { ...environment, TEAL_PREFIX: variablesPrefix(environment, scriptName) },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  return await outcome(child, command, signal)
}

/** The shim's, which nothing overwrites; the command's own may have become its title. */
function environmentOf(pid: number): Readonly<Record<string, string>> | undefined {
  if (!hasProcFileSystem) return undefined
  try {
    const variables = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
    return Object.fromEntries(
      variables.flatMap((variable) => {
        const equals = variable.indexOf('=')
        const name = variable.slice(0, equals)
        return equals <= 0 || shimVariables.includes(name) ? [] : [[name, variable.slice(equals + 1)]]
      }),
    )
  } catch {
    return undefined
  }
}

async function outcome(
  child: ChildProcessWithoutNullStreams,
  command: ExecCommand,
  signal: AbortSignal,
): Promise<ExecResult> {
  const stdout = new Kept(child.stdout, command.mostOutputBytes)
  const stderr = new Kept(child.stderr, command.mostOutputBytes)
  const timeOut = AbortSignal.timeout(command.timeoutMilliseconds)
  const kill = (): void => killGroup(child.pid)
  const ended = AbortSignal.any([timeOut, signal])
  ended.addEventListener('abort', kill)
  child.stdin.on('error', () => undefined)
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => {
        // What the command has left in the background ends too, and with it the pipes.
        kill()
        void whenClosed(child).then(() => resolve(code))
      })
    })
    const isCut = stdout.isCut || stderr.isCut
    if (signal.aborted && exitCode === null) throw signal.reason
    const isOver = timeOut.aborted && exitCode === null
    return { ...(isOver ? {} : { exitCode: exitCode ?? 137 }), stdout: stdout.text(), stderr: stderr.text(), isCut }
  } finally {
    ended.removeEventListener('abort', kill)
    child.stdin.destroy()
  }
}

/** A daemon that has left the group may hold the pipes open for as long as it lives: nobody waits for that. */
async function whenClosed(child: ChildProcessWithoutNullStreams): Promise<void> {
  const patience = setTimeout(() => {
    child.stdout.destroy()
    child.stderr.destroy()
  }, closePatienceMilliseconds)
  await new Promise((resolve) => child.once('close', resolve))
  clearTimeout(patience)
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing is left of it.
  }
}

/** The first bytes of a stream; the rest is read and dropped, so that the writer is never held up. */
class Kept {
  readonly #chunks: Buffer[] = []
  readonly #most: number
  #length = 0
  isCut = false

  constructor(stream: Readable, most: number) {
    this.#most = most
    stream.on('data', (chunk: Buffer) => this.#take(chunk))
    stream.on('error', () => undefined)
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }

  #take(chunk: Buffer): void {
    const kept = chunk.subarray(0, this.#most - this.#length)
    if (kept.length < chunk.length) this.isCut = true
    if (kept.length === 0) return
    this.#chunks.push(kept)
    this.#length += kept.length
  }
}
