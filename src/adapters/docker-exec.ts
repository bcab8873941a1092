import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecCommand, ExecResult } from '../engine/ports.ts'
import { DockerError } from './docker-api.ts'
import type { DockerApi } from './docker-api.ts'
import { dockerFrames } from './docker-frames.ts'

type ExecState = { readonly ExitCode: number | null; readonly Pid: number }

const endMilliseconds = 5_000

/** For so long, and with such pauses, what is out of time is looked for: Docker may be about to start it. */
const killingMilliseconds = 60_000
const killPauseMilliseconds = 50

/**
 * Runs a command in a container, and ends it at its time-out. Docker has no call for that: the process is killed as this
 * machine sees it, or by a shell inside the container where this user may not.
 */
export async function execInDockerContainer(
  api: DockerApi,
  container: string,
  command: ExecCommand,
  signal?: AbortSignal,
): Promise<ExecResult> {
  signal?.throwIfAborted()
  const { Id } = await api.call<{ readonly Id: string }>('POST', `/containers/${container}/exec`, {
    body: { AttachStdout: true, AttachStderr: true, Cmd: command.arguments },
  })
  const timeOut = AbortSignal.timeout(command.timeoutMilliseconds)
  const ended = signal === undefined ? timeOut : AbortSignal.any([timeOut, signal])
  const output = { stdout: new Kept(command.mostOutputBytes), stderr: new Kept(command.mostOutputBytes) }
  const kill = (): void => void killExec(api, container, Id)
  ended.addEventListener('abort', kill)
  try {
    const isFinished = await readOutput(api, Id, output, ended)
    const { stdout, stderr } = output
    if (signal?.aborted === true) throw signal.reason
    const exitCode = isFinished ? await exitCodeOf(api, Id) : undefined
    const texts = { stdout: stdout.text(), stderr: stderr.text(), isCut: stdout.isCut || stderr.isCut }
    return timeOut.aborted || exitCode === undefined ? texts : { exitCode, ...texts }
  } catch (error) {
    if (!isNotStartable(error)) throw error
    // It may have been killed while it was being started, which Docker then calls a failure to start it.
    if (signal?.aborted === true) throw signal.reason
    if (timeOut.aborted) return { stdout: '', stderr: '', isCut: false }
    return {
      exitCode: /permission denied/i.test(error.message) ? 126 : 127,
      stdout: '',
      stderr: error.message,
      isCut: false,
    }
  } finally {
    ended.removeEventListener('abort', kill)
  }
}

/** False where it was called off before its end. */
async function readOutput(
  api: DockerApi,
  id: string,
  output: Readonly<Record<'stdout' | 'stderr', Kept>>,
  ended: AbortSignal,
): Promise<boolean> {
  const answer = await api.stream('POST', `/exec/${id}/start`, { body: { Detach: false, Tty: false } })
  // What has been killed ends by itself, and the rest of its output with it; patience for that has its limit.
  let timer: NodeJS.Timeout | undefined
  const giveUp = (): void => {
    timer = setTimeout(() => answer.destroy(), endMilliseconds)
  }
  ended.addEventListener('abort', giveUp)
  if (ended.aborted) giveUp()
  try {
    for await (const { stream, payload } of dockerFrames(answer)) output[stream].take(payload)
    return true
  } catch (error) {
    if (ended.aborted) return false
    throw error
  } finally {
    clearTimeout(timer)
    ended.removeEventListener('abort', giveUp)
    answer.destroy()
  }
}

async function exitCodeOf(api: DockerApi, id: string): Promise<number | undefined> {
  const { ExitCode } = await api.call<ExecState>('GET', `/exec/${id}/json`)
  return ExitCode ?? undefined
}

/** Docker refuses to start what is not there, or cannot be run, in the words of its runtime. */
function isNotStartable(error: unknown): error is DockerError {
  return (
    error instanceof DockerError && /OCI runtime exec failed|executable file not found|exec failed/i.test(error.message)
  )
}

/** Until it has ended. */
async function killExec(api: DockerApi, container: string, id: string): Promise<void> {
  const limit = performance.now() + killingMilliseconds
  while (performance.now() < limit) {
    const state = await api.find<ExecState>(`/exec/${id}/json`).catch(() => 'unknown' as const)
    if (state === undefined || (state !== 'unknown' && state.ExitCode !== null)) return
    if (state !== 'unknown' && state.Pid > 0) await killExecProcess(api, container, state.Pid).catch(() => undefined)
    await delay(killPauseMilliseconds, undefined, { ref: false })
  }
}

async function killExecProcess(api: DockerApi, container: string, Pid: number): Promise<void> {
  const { Id } = await api.call<{ readonly Id: string }>('GET', `/containers/${container}/json`)
  // Where the engine is in a container itself, the number may be another process's.
  const pids = isOfContainer(Pid, Id) ? [Pid, ...descendants(Pid)] : []
  const forbidden = pids.filter((pid) => !killed(pid))
  const inside = forbidden.flatMap((pid) => pidInside(pid) ?? [])
  if (inside.length > 0) await killFromInside(api, container, inside)
}

function killed(pid: number): boolean {
  try {
    process.kill(pid, 'SIGKILL')
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

async function killFromInside(api: DockerApi, container: string, pids: readonly number[]): Promise<void> {
  const { Id } = await api.call<{ readonly Id: string }>('POST', `/containers/${container}/exec`, {
    body: { Cmd: ['/bin/sh', '-c', `kill -KILL ${pids.join(' ')}`], User: '0' },
  })
  await api.call('POST', `/exec/${Id}/start`, { body: { Detach: true } })
}

function isOfContainer(pid: number, containerId: string): boolean {
  return (readProc(`/proc/${pid}/cgroup`) ?? '').includes(containerId)
}

function descendants(of: number): readonly number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    const stat = Number.isInteger(pid) ? readProc(`/proc/${pid}/stat`) : undefined
    // The name of a program, in brackets, may hold anything.
    const parent = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
    if (parent !== undefined) parents.set(pid, Number(parent))
  }
  const found = [of]
  for (const each of found) for (const [pid, parent] of parents) if (parent === each) found.push(pid)
  return found.slice(1)
}

/** Its number in the container's own count. */
function pidInside(pid: number): number | undefined {
  const [, numbers = ''] = /^NSpid:\s*(.+)$/m.exec(readProc(`/proc/${pid}/status`) ?? '') ?? []
  const last = Number(numbers.trim().split(/\s+/).at(-1))
  return Number.isInteger(last) && last > 1 ? last : undefined
}

function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** The first bytes of a stream; the rest is dropped. */
class Kept {
  readonly #chunks: Buffer[] = []
  readonly #most: number
  #length = 0
  isCut = false

  constructor(most: number) {
    this.#most = most
  }

  take(chunk: Buffer): void {
    const kept = chunk.subarray(0, this.#most - this.#length)
    if (kept.length < chunk.length) this.isCut = true
    if (kept.length === 0) return
    this.#chunks.push(kept)
    this.#length += kept.length
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}
