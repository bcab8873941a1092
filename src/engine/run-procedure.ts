import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import { DeploymentInterrupted } from '../domain/deployment.ts'
import type { JournalEntry } from '../domain/journal.ts'
import type { DeploymentStep, Procedure, ServiceDeploymentStep, StepResult } from '../domain/step.ts'

/** Where a procedure's steps are written down, and who performs them. */
export type ProcedureJournal<Step> = {
  /** Undefined for a step that was never begun. */
  entry(position: number): JournalEntry | undefined
  /** Performs the step, or takes it up again if it had begun, and writes down what came of it. */
  settle(position: number, step: Step): Promise<StepResult>
}

/** Drives a procedure to its end; steps whose outcome the journal knows are answered from it and not performed again. */
export async function runProcedure<Step extends DeploymentStep | ServiceDeploymentStep>(
  procedure: Procedure<Step>,
  journal: ProcedureJournal<Step>,
): Promise<void> {
  let next = procedure.next()
  for (let position = 0; next.done !== true; position++) {
    const step = next.value
    const known = journal.entry(position)
    assert(
      known === undefined || isDeepStrictEqual(known.step, step),
      `The journal says ${known?.step.kind} at step ${position} where this version of the procedure wants ${step.kind}: ` +
        `it was written by another version and cannot be continued by this one.`,
    )
    const result = known?.outcome?.result ?? (await journal.settle(position, step))
    next =
      result.kind === 'interrupted'
        ? procedure.throw(new DeploymentInterrupted(result.event, result.errorInformation))
        : procedure.next(result)
  }
}
