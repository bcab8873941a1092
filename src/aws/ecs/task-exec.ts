import { AwsError } from '../../domain/aws-error.ts'
import { lastPart } from '../../domain/identifiers.ts'
import type { Task } from '../../domain/task.ts'
import type { ExecResult, TaskRuntime } from '../../engine/ports.ts'
import type { Store } from '../../engine/store.ts'
import type { Deed } from '../documents.ts'

type Context = { readonly store: Store; readonly runtime: Pick<TaskRuntime, 'exec'> }

const mostOutputBytes = 1024 * 1024
const mostSeconds = 280
const mostAtOnce = 16

/**
 * `POST /tasks/TASK-ID/exec` with `{ command, container?, timeoutSeconds? }`: runs a command in a container of a task and
 * answers how it ended and what it wrote, as ExecuteCommand does on AWS through a session of which there is none here.
 */
export function taskExec({ store, runtime }: Context): Deed {
  let running = 0
  return {
    path: /^\/tasks\/([0-9a-f]{32})\/exec$/,
    async perform(body, signal, taskId = ''): Promise<ExecResult & { readonly container: string }> {
      const { command, container, timeoutSeconds } = readBody(body)
      const name = containerOf(runningTask(store, taskId), container)
      if (running >= mostAtOnce)
        throw refused(`${mostAtOnce} commands are running already. Try again when one has ended.`)
      running += 1
      try {
        const timeoutMilliseconds = timeoutSeconds * 1000
        const asked = { arguments: command, timeoutMilliseconds, mostOutputBytes }
        return { container: name, ...(await runtime.exec(taskId, name, asked, signal)) }
      } finally {
        running -= 1
      }
    },
  }
}

function readBody(body: unknown): {
  readonly command: readonly string[]
  readonly container: string | undefined
  readonly timeoutSeconds: number
} {
  const { command, container, timeoutSeconds = mostSeconds } = (body ?? {}) as Readonly<Record<string, unknown>>
  if (!Array.isArray(command) || command.length === 0 || !command.every((word) => typeof word === 'string')) {
    throw refused('command must be a list of texts: the program and its arguments.')
  }
  if (container !== undefined && typeof container !== 'string') throw refused('container must be a name.')
  if (typeof timeoutSeconds !== 'number' || !(timeoutSeconds > 0 && timeoutSeconds <= mostSeconds)) {
    throw refused(`timeoutSeconds must be a number up to ${mostSeconds}.`)
  }
  return { command, container, timeoutSeconds }
}

function runningTask(store: Store, taskId: string): Task {
  const task = store.tasks.list().find((each) => lastPart(each.taskArn) === taskId)
  if (task === undefined) throw refused(`There is no task ${taskId}.`)
  if (task.lastStatus !== 'STOPPED') return task
  throw refused(`Task ${taskId} has stopped: ${task.stoppedReason ?? 'no reason known'}.`)
}

/** The one named; of a task with one container, that one. */
function containerOf({ containers }: Task, name: string | undefined): string {
  const names = containers.map((container) => container.name)
  const [only] = names
  if (name === undefined && names.length === 1 && only !== undefined) return only
  if (name === undefined) throw refused(`The task has several containers: say which one of ${names.join(', ')}.`)
  if (!names.includes(name)) throw refused(`The task has no container ${name}, but ${names.join(', ')}.`)
  return name
}

function refused(message: string): AwsError {
  return new AwsError('InvalidParameterException', message)
}
