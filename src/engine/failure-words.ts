import { serviceEvent } from '../domain/service-events.ts'
import type { Service, TaskSet } from '../domain/service.ts'
import { recordServiceEvents, serviceEvents } from './event-recording.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { taskSetLastWords } from './task-evidence.ts'
import { messageOf } from './trouble.ts'

/**
 * Sees to it that a rolling update which fails is not over before an event has told what its failed tasks wrote last: with no
 * log driver, nobody could read it when they are gone, and who is told of the end looks for it at once.
 */
export class FailureWords {
  readonly #context: SchedulerContext
  readonly #ended: AbortSignal
  readonly #lookAgain: (service: Service) => void
  /** By ARN, the task sets whose words are being read, or are told. */
  readonly #states = new Map<string, 'read' | 'told'>()

  /** `lookAgain` is called when they are told. */
  constructor(context: SchedulerContext, ended: AbortSignal, lookAgain: (service: Service) => void) {
    this.#context = context
    this.#ended = ended
    this.#lookAgain = lookAgain
  }

  /** Whether there is nothing left to tell of the task set; otherwise that begins. */
  areTold(service: Service, taskSet: TaskSet): boolean {
    const state = this.#states.get(taskSet.taskSetArn)
    if (state === undefined) {
      this.#states.set(taskSet.taskSetArn, 'read')
      void this.#tell(service, taskSet)
    }
    // Whoever asks ends the update now; one that fails later on has words of its own.
    if (state === 'told') this.#states.delete(taskSet.taskSetArn)
    return state === 'told'
  }

  async #tell(service: Service, { taskSetArn, taskSetId }: TaskSet): Promise<void> {
    try {
      const words = await taskSetLastWords(this.#context, taskSetArn)
      if (this.#ended.aborted) return
      if (words !== undefined) this.#record(service, serviceEvent.lastWords(service, taskSetId, words))
    } catch (error) {
      // They are no reason to keep an update that has failed from its end.
      this.#context.log.warn(`The last words of task set ${taskSetId} could not be told: ${messageOf(error)}`)
    }
    this.#states.set(taskSetArn, 'told')
    this.#lookAgain(service)
  }

  /** Once, also where the update could not be ended then. */
  #record({ serviceArn }: Service, message: string): void {
    const { store } = this.#context
    if (serviceEvents(store, serviceArn).some((event) => event.message === message)) return
    recordServiceEvents(this.#context, serviceArn, [message])
  }
}
