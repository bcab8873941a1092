import type { ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import type { Clock } from '../engine/ports.ts'
import { spawnShim } from './container-shim.ts'
import type { ContainerCommand } from './container-shim.ts'
import { isGroupGone, pidOf, signalGroup } from './process-identity.ts'
import { readContainerState, withdraw } from './task-directory.ts'
import type { ContainerFiles, ContainerState, PlannedContainer } from './task-directory.ts'

/** How long a shim may take on a machine that has better things to do. */
const startPatienceMilliseconds = 30_000
const pollMilliseconds = 5
const stopPollMilliseconds = 15

type Started = {
  readonly files: ContainerFiles
  readonly clock: Clock
  readonly onSpawned: (shim: ChildProcess) => void
  readonly onExit: () => void
}

/**
 * Sees to it that the container has been started, by this call or by any before it. Resolves when its process exists, with
 * whether its shim is a child of this process, of which `onSpawned` and `onExit` tell; rejects with an Error where the
 * system refuses.
 */
export async function startContainer(command: ContainerCommand, label: string, started: Started): Promise<boolean> {
  const { files, clock, onSpawned, onExit } = started
  if (readContainerState(files).kind !== 'unclaimed') return false
  const child = spawnShim(command, files, label)
  onSpawned(child)
  const shim = { error: undefined as Error | undefined, hasEnded: false }
  child.once('error', (error) => (shim.error = error))
  child.once('exit', () => {
    shim.hasEnded = true
    onExit()
  })
  const deadline = clock.now() + startPatienceMilliseconds
  for (;;) {
    const { hasEnded, error } = shim
    const state = readContainerState(files)
    if (state.kind !== 'unclaimed' && hasBegun(state)) return isShim(state, child.pid)
    if (error !== undefined) throw error
    if (hasEnded && state.kind === 'unclaimed') throw new Error(shimComplaint(files))
    if (clock.now() > deadline) throw new Error('the process did not begin within 30 seconds: the machine is too busy')
    await clock.sleep(pollMilliseconds)
  }
}

/**
 * The stop signal to the container's whole group, SIGKILL after its time-out; resolves when none of the group is left.
 * A container that was never started will not be any more.
 */
export async function stopContainer(planned: PlannedContainer, files: ContainerFiles, clock: Clock): Promise<void> {
  if (withdraw(files)) return
  const state = await begun(files, clock)
  if (state.kind === 'unclaimed' || state.kind === 'withdrawn' || isGroupGone(state.shim)) return
  signalGroup(state.shim, planned.stopSignal)
  const deadline = clock.now() + planned.stopTimeoutSeconds * 1_000
  while (!isGroupGone(state.shim)) {
    if (clock.now() >= deadline) signalGroup(state.shim, 'SIGKILL')
    await clock.sleep(stopPollMilliseconds)
  }
}

/** What a container leaves behind when its shim was killed: processes without anybody who waits for them. They end. */
export function endOrphans(state: ContainerState): void {
  if (state.kind === 'exited' && !state.isRecorded) signalGroup(state.shim, 'SIGKILL')
}

/** A signal that comes before the command's process exists would only meet its shim. */
async function begun(files: ContainerFiles, clock: Clock): Promise<ContainerState> {
  const deadline = clock.now() + startPatienceMilliseconds
  for (;;) {
    const state = readContainerState(files)
    if (hasBegun(state) || clock.now() > deadline) return state
    await clock.sleep(pollMilliseconds)
  }
}

/** Another one may have come first. */
function isShim(state: ContainerState, pid: number | undefined): boolean {
  return (state.kind === 'running' || state.kind === 'exited') && pidOf(state.shim) === pid
}

function hasBegun(state: ContainerState): boolean {
  return state.kind !== 'running' || state.pid !== undefined
}

function shimComplaint({ shimErrors, state }: ContainerFiles): string {
  const complaint = readFileSync(shimErrors, 'utf8').trim().split('\n').at(-1) ?? ''
  return `the container's state could not be written to ${state}${complaint === '' ? '' : `: ${complaint}`}`
}
