import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { blueGreenDeployment, rollbackDeployment } from '../../src/domain/blue-green.ts'
import { stepBegun, stepEnded } from '../../src/domain/deployment-progress.ts'
import type { Deployment } from '../../src/domain/deployment.ts'
import type { JournalEntry } from '../../src/domain/journal.ts'
import type { DeploymentStep } from '../../src/domain/step.ts'
import { runProcedure } from '../../src/engine/run-procedure.ts'

type Fixture = {
  readonly deployments: readonly Deployment[]
  readonly journal: readonly JournalEntry<DeploymentStep>[]
}

const root = join(import.meta.dirname, '../fixtures/journals')

describe('a journal that an earlier version wrote', () => {
  for (const file of globSync('*/*.json', { cwd: root }).toSorted()) {
    test(`is understood to its end, and up to every point from which a deployment could go on: ${file}`, async () => {
      const { deployments, journal } = JSON.parse(readFileSync(join(root, file), 'utf8')) as Fixture
      for (const deployment of deployments) {
        const entries = journal.filter(({ deploymentId }) => deploymentId === deployment.deploymentId)
        assert(entries.length > 0)
        for (let known = 0; known <= entries.length; known++) await replay(deployment, entries, known)
        assert.deepEqual(progressOf(deployment, entries), progressIn(deployment))
      }
    })
  }
})

/** The procedure asks for the very next step, and for nothing when the journal is whole. */
async function replay(
  deployment: Deployment,
  entries: readonly JournalEntry<DeploymentStep>[],
  known: number,
): Promise<void> {
  const procedure =
    deployment.creator === 'codeDeployRollback' ? rollbackDeployment(deployment) : blueGreenDeployment(deployment)
  let asked: { readonly position: number; readonly step: unknown } | undefined
  const reached = new Error('the end of what is known')
  await runProcedure(procedure, {
    entry: (position) => (position < known ? entries[position] : undefined),
    settle: (position, step) => {
      asked = { position, step }
      return Promise.reject(reached)
    },
  }).catch((error: unknown) => assert.equal(error, reached))
  if (known === entries.length) assert.equal(asked, undefined)
  else assert.deepEqual(asked, { position: known, step: entries[known]?.step })
}

/** What the journal alone says of a deployment is what its record says. */
function progressOf(deployment: Deployment, entries: readonly JournalEntry<DeploymentStep>[]) {
  const created: Deployment = { ...deployment, status: 'Created', lifecycleEvents: pending(deployment) }
  const folded = entries.reduce((before, { step, begunAt, outcome }) => {
    const begun = stepBegun(before, step, begunAt)
    return outcome === undefined ? begun : stepEnded(begun, step, outcome.result, outcome.at)
  }, created)
  return progressIn(folded)
}

function progressIn({ status, lifecycleEvents, errorInformation, plan }: Deployment) {
  return { status, lifecycleEvents, errorInformation, plan }
}

function pending({ lifecycleEvents }: Deployment): Deployment['lifecycleEvents'] {
  return lifecycleEvents.map(({ lifecycleEventName }) => ({ lifecycleEventName, status: 'Pending' }))
}
