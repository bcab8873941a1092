import type { ContainerObservation } from '../engine/ports.ts'
import { readContainerState } from './task-directory.ts'
import type { PlannedContainer, TaskDirectory, TaskPlan } from './task-directory.ts'
import { wasKilledForMemory } from './task-groups.ts'

/** What is seen of a container that runs as a process; nothing before its start. */
export function observeProcess(
  directory: TaskDirectory,
  { name, digest }: PlannedContainer,
  groups: TaskPlan['groups'],
): readonly ContainerObservation[] {
  const files = directory.files(name)
  const same = { name, ...(digest === undefined ? {} : { imageDigest: digest }) }
  const state = readContainerState(files)
  switch (state.kind) {
    case 'unclaimed':
    case 'withdrawn':
      return []
    case 'running':
      return [{ ...same, ...runtimeId(state.pid), state: { kind: 'running' } }]
    case 'exited': {
      const reason = groups !== undefined && wasKilledForMemory(groups, name, files) ? { reason: outOfMemory } : {}
      return [{ ...same, ...runtimeId(state.pid), state: { kind: 'exited', exitCode: state.exitCode, ...reason } }]
    }
  }
}

const outOfMemory = 'OutOfMemoryError: Container killed due to memory usage'

/** The pid of the container's command: what a person would signal. */
function runtimeId(pid: number | undefined): { readonly runtimeId?: string } {
  return pid === undefined ? {} : { runtimeId: String(pid) }
}
