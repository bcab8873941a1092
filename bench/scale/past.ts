import { readFileSync } from 'node:fs'
import { SqlitePersistence } from '../../src/adapters/sqlite-persistence.ts'
import type { Deployment } from '../../src/domain/deployment.ts'
import { journalKey } from '../../src/domain/journal.ts'
import type { JournalEntry } from '../../src/domain/journal.ts'
import { toldStatuses } from '../../src/domain/notification.ts'
import type { RowChange } from '../../src/engine/ports.ts'
import { applicationName, deploymentGroupName } from './town.ts'

const recorded = new URL('../../test/fixtures/journals/0.1.0/canary-with-hooks.json', import.meta.url)
const groups = 100
const deploymentsPerWrite = 500
const millisecondsBetween = 60_000

/** Writes a state file with so many ended canary deployments, each with its journal, of a hundred groups. */
export function writePastDeployments(file: string, count: number): void {
  const { deployments, journal } = JSON.parse(readFileSync(recorded, 'utf8')) as Recorded
  const [deployment] = deployments
  if (deployment === undefined) throw new Error('There is no recorded deployment.')
  const persistence = SqlitePersistence.open(file)
  const first = Date.now() - count * millisecondsBetween
  for (let from = 0; from < count; from += deploymentsPerWrite) {
    const numbers = Array.from({ length: Math.min(deploymentsPerWrite, count - from) }, (_, index) => from + index)
    persistence.write(
      numbers.flatMap((number) => rowsOf(deployment, journal, number, first + number * millisecondsBetween)),
    )
  }
  persistence.close()
}

type Recorded = { readonly deployments: readonly Deployment[]; readonly journal: readonly JournalEntry[] }

function rowsOf(
  deployment: Deployment,
  journal: readonly JournalEntry[],
  number: number,
  createTime: number,
): readonly RowChange[] {
  const deploymentId = `d-${String(number).padStart(9, '0')}`
  const name = deploymentGroupName(number % groups)
  const past: Deployment = {
    ...deployment,
    deploymentId,
    applicationName,
    deploymentGroupName: name,
    group: { ...deployment.group, deploymentGroupId: `group-of-${name}` },
    createTime,
  }
  return [
    row('deployments', deploymentId, past),
    row('toldDeployments', deploymentId, toldStatuses(past)),
    ...journal.map((entry) =>
      row('journal', journalKey(deploymentId, entry.position), { ...entry, deploymentId } satisfies JournalEntry),
    ),
  ]
}

function row(kind: string, key: string, value: unknown): RowChange {
  return { kind, key, value }
}
