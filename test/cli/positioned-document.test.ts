import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { PositionedDocument } from '../../src/cli/positioned-document.ts'

describe('a file of a deployment', () => {
  test('that is not JSON is told in the words of JSON, with the line', () => {
    assert.throws(reading('{\n  "family": "web"\n  "cpu": "256"\n}'), {
      message: /^taskdef\.json is not JSON: Expected ',' or '}' after property value .*line 3/,
    })
    assert.throws(reading('{\n  "family": "web",\n  "family": "shop"\n}'), {
      message: 'taskdef.json is not JSON: line 3, column 3: Map keys must be unique',
    })
    assert.throws(reading('["web"]'), { message: 'taskdef.json holds no JSON object.' })
  })

  test('that cannot be read is told without the words of the system', () => {
    const none = join(tmpdir(), 'teal-none', 'appspec.yaml')
    assert.throws(() => PositionedDocument.read(none), { message: `there is no ${none}.` })
    assert.throws(() => PositionedDocument.read('/'), { message: '/ is a directory; a file is wanted.' })
  })

  test('that is larger than any is not read', (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'teal-test-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'appspec.yaml')
    writeFileSync(file, `version: 0.0\n${'# '.repeat(1024 * 1024)}`)
    assert.throws(() => PositionedDocument.read(file), {
      message: `${file} cannot be read: it has 2097165 bytes, and a file of a deployment has at most 1048576.`,
    })
  })
})

function reading(text: string): () => unknown {
  return () => new PositionedDocument('taskdef.json', text).json()
}
