import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { writePastDeployments } from '../../../bench/scale/past.ts'
import { SqlitePersistence } from '../../../src/adapters/sqlite-persistence.ts'
import { Store } from '../../../src/engine/store.ts'

test('past deployments are such as an engine reads when it starts', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'teal-past-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const file = join(directory, 'state.db')
  writePastDeployments(file, 3)
  const persistence = SqlitePersistence.open(file)
  const groups = new Store(persistence).deployments.list().map(({ group }) => group.deploymentGroupId)
  persistence.close()
  assert.deepEqual(groups, ['group-of-service-0', 'group-of-service-1', 'group-of-service-2'])
})
