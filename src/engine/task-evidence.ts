import { counted } from '../domain/counted.ts'
import { textOfProgram } from '../domain/program-text.ts'
import { computedDesiredCount } from '../domain/service.ts'
import type { TaskSet } from '../domain/service.ts'
import { stopInWords, stoppedReason as stoppedReasons } from '../domain/service-events.ts'
import type { TargetHealth } from '../domain/target-health.ts'
import type { Task } from '../domain/task.ts'
import type { LastWords } from './engine.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { existingTargets } from './task-targets.ts'
import type { TaskTarget } from './task-targets.ts'

const mostCharacters = 1500
const mostLogLines = 5
const mostLogCharacters = 600

/**
 * What was seen of a task set that does not get steady, in three sentences at most: how its tasks ended, what the load
 * balancer says of those that run, and what is still to come. About 1,500 characters at most, for a `statusMessage`.
 */
export async function taskSetEvidence(context: SchedulerContext, taskSetArn: string): Promise<string> {
  const { store } = context
  const taskSet = store.taskSets.get(taskSetArn)
  if (taskSet === undefined) return 'The task set is gone.'
  const tasks = tasksOf(context, taskSet)
  const failed = await failedTasks(context, tasks)
  const sentences = [
    failed,
    // Where tasks have failed already, one that has just started tells nothing: all of them begin so.
    (await notHealthy(context, tasks, ['unhealthy'])) ??
      (failed === undefined ? await notHealthy(context, tasks, ['initial', 'draining']) : undefined),
    stillToCome(context, taskSetArn, tasks),
  ].filter((sentence) => sentence !== undefined)
  return shortened(sentences.join(' '), mostCharacters)
}

/** What the last of its tasks that have failed wrote last. */
export async function taskSetLastWords(context: SchedulerContext, taskSetArn: string): Promise<LastWords | undefined> {
  const taskSet = context.store.taskSets.get(taskSetArn)
  const last = taskSet && lastOf(tasksOf(context, taskSet).filter(hasFailed))
  if (last === undefined) return undefined
  const containerName = containerThatEnded(last)
  if (containerName === undefined) return undefined
  const text = await wordsOf(context, last, containerName)
  return text === '' ? undefined : { taskId: last.taskId, containerName, text }
}

function tasksOf({ store }: SchedulerContext, taskSet: TaskSet): readonly Task[] {
  return store.tasks.ofService(taskSet.serviceArn).filter(({ taskSetId }) => taskSetId === taskSet.taskSetId)
}

function lastOf(failed: readonly Task[]): Task | undefined {
  return failed.toSorted((one, other) => (one.stoppingAt ?? 0) - (other.stoppingAt ?? 0)).at(-1)
}

function containerThatEnded({ containers }: Task): string | undefined {
  const ended = containers.find(({ essential, exitCode }) => essential && exitCode !== undefined)
  return ended?.name ?? containers[0]?.name
}

/** `2 of 2 tasks have stopped with exit code 1 (Essential container in task exited); the last lines of …` */
async function failedTasks(context: SchedulerContext, tasks: readonly Task[]): Promise<string | undefined> {
  const failed = tasks.filter(hasFailed)
  const last = lastOf(failed)
  if (last === undefined) return undefined
  const alike = failed.filter((task) => stopInWords(task) === stopInWords(last)).length
  const count = `${alike} of ${tasks.length} ${tasks.length === 1 ? 'task has' : 'tasks have'} stopped`
  const ended = last.containers.find(({ essential, exitCode }) => essential && exitCode !== undefined)
  const log = await logOf(context, last, containerThatEnded(last))
  const because = last.unhealthyBecause
  const check = because === undefined ? '' : `; the last health check: ${because}${portHint(because)}`
  return `${count} ${ended === undefined ? 'because of' : 'with'} ${stopInWords(last)}${check}${log}.`
}

/** Stopped because of itself: not by a user, and not because there were too many. */
function hasFailed({ stopCode, stoppedReason, taskSetId }: Task): boolean {
  if (stopCode === 'ServiceSchedulerInitiated') return stoppedReason !== stoppedReasons.scaling(taskSetId)
  return stopCode === 'EssentialContainerExited' || stopCode === 'TaskFailedToStart'
}

/** `task 3f2a… is running but its target 127.0.0.1:23456 is unhealthy: GET /health answered 503; …` */
async function notHealthy(
  context: SchedulerContext,
  tasks: readonly Task[],
  states: readonly TargetHealth['state'][],
): Promise<string | undefined> {
  for (const task of tasks) {
    if (task.lastStatus !== 'RUNNING' || task.desiredStatus !== 'RUNNING') continue
    for (const target of existingTargets(context.store, task)) {
      const { state } = context.loadBalancing.health(target.targetGroupArn, target.target)
      if (!states.includes(state)) continue
      const said = targetInWords(context, target)
      const log = await logOf(context, task, containerAt(task, target) ?? task.containers[0]?.name)
      return `Task ${task.taskId} is running but its ${said}${log}.`
    }
  }
  return undefined
}

function targetInWords({ loadBalancing }: SchedulerContext, { targetGroupArn, target }: TaskTarget): string {
  const { state, description } = loadBalancing.health(targetGroupArn, target)
  const answer =
    loadBalancing.lastCheck(targetGroupArn, target) ?? description ?? 'no health check has been answered yet'
  // Until an application has started, nothing listens: that is no fault of its port.
  const hint = state === 'unhealthy' ? portHint(answer) : ''
  return `target ${target.id}:${target.port} is ${state}: ${answer}${hint}`
}

/** Of a check that was answered by nobody. */
function portHint(answer: string): string {
  return /refused/i.test(answer) ? '; the application may not listen on the port given in PORT' : ''
}

function containerAt({ endpoints }: Task, { target }: TaskTarget): string | undefined {
  return endpoints.find(({ host, port }) => host === target.id && port === target.port)?.containerName
}

function stillToCome(
  { store, clock }: SchedulerContext,
  taskSetArn: string,
  tasks: readonly Task[],
): string | undefined {
  const taskSet = store.taskSets.get(taskSetArn)
  const service = taskSet && store.services.get(taskSet.serviceArn)
  if (taskSet === undefined || service === undefined) return undefined
  const running = tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length
  const waiting = tasks.filter((task) => task.lastStatus === 'PENDING' || task.lastStatus === 'PROVISIONING').length
  const desired = computedDesiredCount(service, taskSet)
  const seconds = Math.ceil((taskSet.failures.nextStartAt - clock.now()) / 1000)
  const next = seconds > 0 && running + waiting < desired ? `; the next task starts in ${seconds} s` : ''
  const starting = waiting > 0 ? `, ${waiting} still starting` : ''
  return `${running} of ${counted(desired, 'task')} ${desired === 1 ? 'is' : 'are'} running${starting}${next}.`
}

async function logOf(context: SchedulerContext, task: Task, container: string | undefined): Promise<string> {
  const text = container === undefined ? '' : await wordsOf(context, task, container)
  return text === '' ? '' : `; the last lines of container ${container}: "${text}"`
}

async function wordsOf({ runtime }: SchedulerContext, { taskId }: Task, container: string): Promise<string> {
  const lines = await runtime.logTail(taskId, container, mostLogLines).catch(() => [])
  const text = lines
    .map((line) => textOfProgram(line).trim())
    .filter((line) => line !== '')
    .join(' / ')
  return newest(text, mostLogCharacters)
}

function shortened(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters - 1)}…`
}

/** Of a log the end says most. */
function newest(text: string, characters: number): string {
  return text.length <= characters ? text : `…${text.slice(text.length - characters + 1)}`
}
