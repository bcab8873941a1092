import { join, resolve } from 'node:path'
import { signalGroup } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'
import { listTasks, readContainerState, TaskDirectory } from './task-directory.ts'

/** The ids of a data directory's tasks of which something is running now. */
export function runningTasks(dataDirectory: string): readonly string[] {
  const tasksDirectory = join(resolve(dataDirectory), 'tasks')
  return listTasks(tasksDirectory).filter((taskId) => runningShims(tasksDirectory, taskId).length > 0)
}

/** SIGKILL to every process of every task at once. Whoever is stopping the tasks sees them go. */
export function killRunningTasks(dataDirectory: string): void {
  const tasksDirectory = join(resolve(dataDirectory), 'tasks')
  for (const taskId of listTasks(tasksDirectory)) {
    for (const shim of runningShims(tasksDirectory, taskId)) signalGroup(shim, 'SIGKILL')
  }
}

function runningShims(tasksDirectory: string, taskId: string): readonly ProcessIdentity[] {
  const directory = new TaskDirectory(tasksDirectory, taskId)
  return (readPlan(directory)?.containers ?? []).flatMap(({ name }) => {
    const state = readContainerState(directory.files(name))
    return state.kind === 'running' ? [state.shim] : []
  })
}

/** A task whose file is damaged is the runtime's to complain about. */
function readPlan(directory: TaskDirectory): ReturnType<TaskDirectory['readPlan']> {
  try {
    return directory.readPlan()
  } catch {
    return undefined
  }
}
