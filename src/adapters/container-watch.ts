import type { ChildProcess } from 'node:child_process'
import type { Clock } from '../engine/ports.ts'
import { endOrphans } from './container-process.ts'
import { codeOf } from './error-code.ts'
import { LogKeeper } from './log-keeper.ts'
import { identityOf, isGroupGone, pidOf, signalGroup } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { readContainerState } from './task-directory.ts'
import type { ContainerFiles, ContainerState } from './task-directory.ts'

/** How often it is asked whether the processes of earlier engines are still there. */
const roundMilliseconds = 250
/** In so many rounds everything that is known of each of them is read once: a process may have got the number of another. */
const roundsToReadAll = 60

type Watched = { readonly taskId: string; readonly files: ContainerFiles; readonly shim?: ProcessIdentity }

/**
 * Looks after running containers: reports each end, ends what a killed shim leaves behind, keeps logs small. Of its own
 * children the system tells the end, and they cost nothing while they run; processes of an earlier engine are asked for by
 * their number. What has become of one is read from its files.
 */
export class ContainerWatch {
  readonly #clock: Clock
  readonly #onExit: (taskId: string) => void
  readonly #watched = new Map<string, Watched>()
  /** Shims that this engine has started, from their first moment: their files may be gone before they are read. */
  readonly #children = new Set<ProcessIdentity>()
  /** Of these nobody tells the end. With the shim's number, where one is known. */
  readonly #asked = new Map<string, number | undefined>()
  readonly #logs: LogKeeper
  /** By state directory, where somebody has asked. */
  readonly #endings = new Map<string, AbortController>()
  readonly #ended = new AbortController()
  #isRunning = false

  constructor(clock: Clock, onExit: (taskId: string) => void) {
    this.#clock = clock
    this.#onExit = onExit
    this.#logs = new LogKeeper(clock)
  }

  /** Of a container that only begins: it is killed with the others, and nothing else. */
  begins(child: ChildProcess): void {
    const shim = child.pid === undefined ? undefined : identityOf(child.pid)
    if (shim === undefined) return
    this.#children.add(shim)
    child.once('exit', () => this.#children.delete(shim))
  }

  /** `look` will be called when the container's shim has ended. */
  addChild(taskId: string, files: ContainerFiles): void {
    if (this.#ended.signal.aborted) return
    const state = stateOf(files)
    this.#watched.set(files.state, { taskId, files, ...(state?.kind === 'running' && { shim: state.shim }) })
    this.#logs.add(files)
  }

  /** Nobody will tell of its end. */
  adopt(taskId: string, files: ContainerFiles): void {
    this.addChild(taskId, files)
    this.#ask(files)
  }

  /** Looks at one container now. */
  look(taskId: string, files: ContainerFiles): void {
    if (this.#watched.has(files.state)) this.#lookAt({ taskId, files })
  }

  /** Aborted when the container is seen to have ended, or nothing is looked after any more. */
  whenEnded({ state }: ContainerFiles): AbortSignal {
    const ended = this.#endings.get(state) ?? new AbortController()
    if (this.#watched.has(state)) this.#endings.set(state, ended)
    else ended.abort(new Error('The container has ended.'))
    return ended.signal
  }

  /** SIGKILL to all that run, whatever became of their files. */
  kill(): void {
    for (const { shim } of this.#watched.values()) if (shim !== undefined) signalGroup(shim, 'SIGKILL')
    for (const shim of this.#children) signalGroup(shim, 'SIGKILL')
  }

  /** Nothing is reported from now on. */
  close(): void {
    this.#ended.abort()
    for (const { files } of this.#watched.values()) this.#forget(files)
    this.#logs.close()
  }

  #ask(files: ContainerFiles): void {
    const state = stateOf(files)
    this.#asked.set(files.state, state?.kind === 'running' ? pidOf(state.shim) : undefined)
    if (this.#isRunning || this.#ended.signal.aborted) return
    this.#isRunning = true
    void this.#run()
  }

  async #run(): Promise<void> {
    for (let round = 0; this.#asked.size > 0; round++) {
      try {
        await this.#clock.sleep(roundMilliseconds, this.#ended.signal)
      } catch {
        break
      }
      let turn = round
      for (const [state, pid] of this.#asked) {
        const isInTurn = turn++ % roundsToReadAll === 0
        const watched = this.#watched.get(state)
        if (watched === undefined) this.#asked.delete(state)
        else if (isInTurn || pid === undefined || !exists(pid)) this.#lookAt(watched)
      }
    }
    this.#isRunning = false
  }

  #lookAt({ taskId, files }: Watched): void {
    const state = stateOf(files)
    if (state?.kind === 'running') return
    if (state === undefined) return this.#askAgain(files)
    const { shim } = this.#watched.get(files.state) ?? {}
    // Its directory has been removed, and `kill` has to find it.
    if (state.kind === 'unclaimed' && shim !== undefined && !isGroupGone(shim)) return
    // Unclaimed: that, and it has ended; or it is about to begin and will be added again.
    this.#forget(files)
    if (state.kind === 'exited') this.#onExit(taskId)
  }

  /** It could not be told. */
  #askAgain(files: ContainerFiles): void {
    if (!this.#asked.has(files.state)) this.#ask(files)
  }

  #forget({ state, log }: ContainerFiles): void {
    this.#watched.delete(state)
    this.#asked.delete(state)
    this.#logs.delete(log)
    this.#endings.get(state)?.abort(new Error('The container has ended.'))
    this.#endings.delete(state)
  }
}

/** Whether there is a process of this number, of whomever. */
function exists(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** Undefined where it cannot be told now, as without a free descriptor; the next round asks again. */
function stateOf(files: ContainerFiles): ContainerState | undefined {
  try {
    const state = readContainerState(files)
    endOrphans(state)
    return state
  } catch {
    return undefined
  }
}
