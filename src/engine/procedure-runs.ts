import { DeploymentInterrupted } from '../domain/deployment.ts'
import { journalKey } from '../domain/journal.ts'
import type { DeploymentStep, Procedure, ServiceDeploymentStep, StepResult } from '../domain/step.ts'
import type { Changes } from './changes.ts'
import type { Clock, Log } from './ports.ts'
import { runProcedure } from './run-procedure.ts'
import type { Store } from './store.ts'
import { Turns } from './turns.ts'

/** A step may be one that takes traffic away from where nobody can serve it: it is not left undone for long. */
const longestRetryMilliseconds = 1_000

/** What the deployments of one kind are, and what their steps do; how they are run is the same for all. */
export interface ProcedureKind<Step extends DeploymentStep | ServiceDeploymentStep> {
  /** What a deployment is called in the log: `Deployment d-…`. */
  nameOf(id: string): string
  /** Under which id its journal is kept. */
  journalId(id: string): string
  /** Undefined when nothing of it is left to do. */
  procedure(id: string): Procedure<Step> | undefined
  /** Somebody else ended it: nothing more is done, and nothing more is written down. */
  isOver(id: string): boolean
  /** Whether it can be stopped here. What merely writes down what happened is never stopped. */
  isInterruptible(step: Step): boolean
  /** What is known already that keeps the step from being performed. */
  interruption(id: string, step: Step, known: { readonly hasBegun: boolean }): DeploymentInterrupted | undefined
  /** May be performed again after a crash. Throws DeploymentInterrupted where the deployment cannot go on. */
  perform(step: Step, begun: BegunStep): Promise<StepResult>
  /** What it means for the deployment's record; in the transaction of the note. */
  begun(id: string, step: Step, at: number): void
  ended(id: string, step: Step, result: StepResult, at: number): void
  /**
   * Resolves with what is to stop the step under way, after it is written down that it does; with undefined when there is
   * nothing more to watch for. `reported` is what it resolved with the last time: nobody is to be told of that again.
   */
  watch(
    id: string,
    signal: AbortSignal,
    reported: DeploymentInterrupted | undefined,
  ): Promise<DeploymentInterrupted | undefined>
  /** Its run is over. */
  left(id: string): void
}

/** A step that has begun: `begunAt` is the journal's, so that waits go on where they were after a restart. */
export type BegunStep = {
  readonly deploymentId: string
  readonly begunAt: number
  /** When this engine started: what happened while none was running has still to be found out. */
  readonly engineStartedAt: number
  readonly signal: AbortSignal
}

type Tools = { readonly store: Store; readonly clock: Clock; readonly changes: Changes; readonly log: Log }
/** `stop` is a new one after each interruption: what is done because of it can be interrupted again. */
type Run = { stop: AbortController; readonly end: AbortController }

/** Runs procedures against the journal, each to its end. All that is known is in the store, so another one can go on. */
export class ProcedureRuns<Step extends DeploymentStep | ServiceDeploymentStep> {
  readonly #tools: Tools
  readonly #kind: ProcedureKind<Step>
  readonly #startedAt: number
  readonly #running = new Map<string, Run>()
  readonly #turns: Turns
  #ended = false

  constructor(tools: Tools, kind: ProcedureKind<Step>) {
    this.#tools = tools
    this.#kind = kind
    this.#turns = new Turns(tools.clock)
    this.#startedAt = tools.clock.now()
  }

  /** Takes it up where the journal ends. */
  begin(id: string): void {
    if (this.#ended || this.#running.has(id)) return
    const run: Run = { stop: new AbortController(), end: new AbortController() }
    this.#running.set(id, run)
    void this.#run(id, run)
    void this.#watch(id, run)
  }

  interrupt(id: string, reason: DeploymentInterrupted): void {
    this.#running.get(id)?.stop.abort(reason)
  }

  /** Lets go of everything, wherever it is; the store says where. */
  close(): void {
    this.#ended = true
    for (const { stop, end } of this.#running.values()) {
      stop.abort(new EngineClosed())
      end.abort(new EngineClosed())
    }
  }

  async #watch(id: string, run: Run): Promise<void> {
    const { clock, changes } = this.#tools
    let reported: DeploymentInterrupted | undefined
    for (;;) {
      try {
        const reason = await this.#kind.watch(id, run.end.signal, reported)
        if (reason === undefined) return
        reported = reason
        const { stop } = run
        stop.abort(reason)
        // Until the procedure has heard of it there is nothing more to say.
        await changes.until(() => (run.stop === stop ? undefined : true), { signal: run.end.signal })
      } catch {
        if (this.#ended || run.end.signal.aborted) return
        await clock.sleep(1_000) // The disk is full: the deployment itself says so.
      }
    }
  }

  /** Never gives up: what cannot be written down now (a full disk) is tried again until it can. */
  async #run(id: string, run: Run): Promise<void> {
    const { clock, log } = this.#tools
    let told = ''
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#proceed(id, run)
        break
      } catch (error) {
        if (this.#ended) return
        if (this.#kind.isOver(id)) break
        const message = `${this.#kind.nameOf(id)} cannot go on at the moment: ${textOf(error)}`
        // Once a second it would be the same again, for as long as the disk is full.
        if (message !== told) log.warn(`${message} It is tried again until it works.`)
        told = message
        await clock.sleep(Math.min(100 * 2 ** attempt, longestRetryMilliseconds))
        if (this.#ended) return
      }
    }
    run.end.abort(new RunOver())
    this.#running.delete(id)
    this.#kind.left(id)
  }

  async #proceed(id: string, run: Run): Promise<void> {
    const procedure = this.#kind.procedure(id)
    if (procedure === undefined) return
    await runProcedure(procedure, {
      entry: (position) => this.#tools.store.journal.get(this.#key(id, position)),
      settle: (position, step) => this.#settle({ id, position, step, run }),
    })
  }

  async #settle(begun: BegunSettle<Step>): Promise<StepResult> {
    const { clock, store } = this.#tools
    const { id, position, step, run } = begun
    await this.#turns.next()
    if (this.#ended) throw new EngineClosed()
    if (this.#kind.isOver(id)) throw new RunOver()
    const key = this.#key(id, position)
    const before = store.journal.get(key)
    const now = clock.now()
    // A machine whose clock was set back while no engine ran: what it waits for would be over hours later.
    const begunAt = Math.min(before?.begunAt ?? now, now)
    const stop = this.#kind.interruption(id, step, { hasBegun: before !== undefined })
    if (stop !== undefined) return this.#interrupted(begun, begunAt, stop)
    // A step that only writes something down needs no note that it is about to.
    if (before === undefined && this.#kind.isInterruptible(step)) {
      store.transaction(() => {
        store.journal.put(key, { deploymentId: this.#kind.journalId(id), position, step, begunAt })
        this.#kind.begun(id, step, begunAt)
      })
    }
    const result = await this.#perform(begun, begunAt, run.stop.signal)
    if (this.#kind.isOver(id)) throw new RunOver()
    if (result instanceof DeploymentInterrupted) return this.#interrupted(begun, begunAt, result)
    return this.#note(begun, begunAt, result)
  }

  async #perform(
    { id, step }: BegunSettle<Step>,
    begunAt: number,
    signal: AbortSignal,
  ): Promise<StepResult | DeploymentInterrupted> {
    const { clock, log } = this.#tools
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#kind.perform(step, { deploymentId: id, begunAt, engineStartedAt: this.#startedAt, signal })
      } catch (error) {
        if (error instanceof DeploymentInterrupted) return error
        if (this.#ended || this.#kind.isOver(id)) throw error
        log.warn(`${this.#kind.nameOf(id)}, step ${step.kind}: ${textOf(error)}`)
        if (attempt === attemptsPerStep) return internalError(step, error)
        await clock.sleep(Math.min(50 * 2 ** attempt, longestRetryMilliseconds), signal).catch(() => undefined)
      }
    }
  }

  #interrupted(begun: BegunSettle<Step>, begunAt: number, by: DeploymentInterrupted): StepResult {
    const { event, errorInformation } = by
    const result = this.#note(begun, begunAt, { kind: 'interrupted', event, errorInformation })
    begun.run.stop = new AbortController()
    this.#tools.changes.notify()
    return result
  }

  /** Writes down what came of a step, and with it, in the same transaction, what it means for the deployment. */
  #note({ id, position, step }: BegunSettle<Step>, begunAt: number, result: StepResult): StepResult {
    const { clock, store } = this.#tools
    const at = clock.now()
    if (this.#ended) throw new EngineClosed()
    store.transaction(() => {
      const deploymentId = this.#kind.journalId(id)
      const entry = { deploymentId, position, step, begunAt, outcome: { at, result } }
      store.journal.put(this.#key(id, position), entry)
      this.#kind.ended(id, step, result, at)
    })
    return result
  }

  #key(id: string, position: number): string {
    return journalKey(this.#kind.journalId(id), position)
  }
}

type BegunSettle<Step> = { readonly id: string; readonly position: number; readonly step: Step; readonly run: Run }

/** How often a step that fails for a reason of ours is tried before the deployment is failed. */
const attemptsPerStep = 8

class EngineClosed extends Error {
  constructor() {
    super('The engine is closing.')
    this.name = 'EngineClosed'
  }
}

class RunOver extends Error {
  constructor() {
    super('The deployment is over.')
    this.name = 'RunOver'
  }
}

function internalError(step: { readonly kind: string }, error: unknown): DeploymentInterrupted {
  return new DeploymentInterrupted('DEPLOYMENT_FAILURE', {
    code: 'INTERNAL_ERROR',
    message: `Step ${step.kind} could not be performed in ${attemptsPerStep} attempts: ${textOf(error)}`,
  })
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
