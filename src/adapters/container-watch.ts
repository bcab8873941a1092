import type { Clock } from '../engine/ports.ts'
import { endOrphans } from './container-process.ts'
import { limitLog } from './log-limit.ts'
import { hasProcFileSystem } from './process-identity.ts'
import { readContainerState } from './task-directory.ts'
import type { ContainerFiles, ContainerState } from './task-directory.ts'

/** How often containers are looked at; where asking for a process means running `ps`, less often. */
const roundMilliseconds = hasProcFileSystem ? 100 : 1_000
const logRounds = 10

type Watched = { readonly taskId: string; readonly files: ContainerFiles }

/**
 * Looks after running containers: reports each end, ends what a killed shim leaves behind, keeps logs small. It asks the
 * files and the system, not a child's event: processes of an earlier engine are not this one's children.
 */
export class ContainerWatch {
  readonly #clock: Clock
  readonly #onExit: (taskId: string) => void
  readonly #watched = new Map<string, Watched>()
  /** By state directory, where somebody has asked. */
  readonly #endings = new Map<string, AbortController>()
  readonly #ended = new AbortController()
  #isRunning = false

  constructor(clock: Clock, onExit: (taskId: string) => void) {
    this.#clock = clock
    this.#onExit = onExit
  }

  add(taskId: string, files: ContainerFiles): void {
    this.#watched.set(files.state, { taskId, files })
    if (this.#isRunning || this.#ended.signal.aborted) return
    this.#isRunning = true
    void this.#run()
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

  /** Nothing is reported from now on. */
  close(): void {
    this.#ended.abort()
    this.#watched.clear()
    for (const state of this.#endings.keys()) this.#end(state)
  }

  async #run(): Promise<void> {
    for (let round = 1; this.#watched.size > 0; round++) {
      try {
        await this.#clock.sleep(roundMilliseconds, this.#ended.signal)
      } catch {
        break
      }
      const watched = [...this.#watched.values()]
      for (const each of watched) this.#lookAt(each)
      if (round % logRounds === 0) await Promise.all(watched.map(({ files }) => this.#limit(files)))
    }
    this.#isRunning = false
  }

  #lookAt({ taskId, files }: Watched): void {
    const state = stateOf(files)
    if (state === undefined || state.kind === 'running') return
    // Unclaimed: its directory has been removed, or it is about to begin and will be added again.
    this.#watched.delete(files.state)
    this.#end(files.state)
    if (state.kind === 'exited') this.#onExit(taskId)
  }

  #end(state: string): void {
    this.#endings.get(state)?.abort(new Error('The container has ended.'))
    this.#endings.delete(state)
  }

  async #limit(files: ContainerFiles): Promise<void> {
    try {
      await limitLog(files)
    } catch {
      // A full disk or a log that was just removed: the next round tries again, the process is not in danger.
    }
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
