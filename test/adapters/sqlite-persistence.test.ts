import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync, writeSync, closeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { SqlitePersistence } from '../../src/adapters/sqlite-persistence.ts'
import type { RowChange } from '../../src/engine/ports.ts'

test('what was written is there again after the file is opened anew, in the order of first writing', (t) => {
  const file = stateFile(t)
  const first = SqlitePersistence.open(file)
  first.write([row('b', '1'), row('a', '1'), row('c', '1')])
  first.write([row('a', '2'), { kind: 'tasks', key: 'c', value: undefined }, row('d', '1')])
  first.close()

  const second = SqlitePersistence.open(file)
  t.after(() => second.close())
  assert.deepEqual(contents(second), ['b=1', 'a=2', 'd=1'])
})

test('the file and what is beside it can be read by its owner alone', (t) => {
  const file = stateFile(t)
  writeFileSync(file, '', { mode: 0o644 })
  const persistence = SqlitePersistence.open(file)
  t.after(() => persistence.close())
  persistence.write([row('a', '1')])
  for (const path of [file, `${file}-wal`]) assert.equal(statSync(path).mode & 0o777, 0o600, path)
})

test('the same key in two kinds is two rows', (t) => {
  const persistence = opened(t)
  persistence.write([row('a', '1'), { kind: 'services', key: 'a', value: '2' }])
  assert.deepEqual(
    [...persistence.load()].map(({ kind, key, value }) => `${kind} ${key} ${value}`),
    ['tasks a "1"', 'services a "2"'],
  )
})

test('writes are on disk when they return', (t) => {
  const file = stateFile(t)
  const persistence = SqlitePersistence.open(file)
  t.after(() => persistence.close())
  const reader = new DatabaseSync(file)
  t.after(() => reader.close())
  assert.equal(reader.prepare('PRAGMA journal_mode').get()?.['journal_mode'], 'wal')
  persistence.write([row('a', '1')])
  assert.equal(reader.prepare('SELECT count(*) AS n FROM rows').get()?.['n'], 1)
})

test('a write that does not fit changes nothing, says what to do, and the next one works', (t) => {
  const file = stateFile(t)
  const database = new DatabaseSync(file)
  const persistence = new SqlitePersistence(database, file)
  t.after(() => persistence.close())
  persistence.write([row('a', 'before')])
  database.exec('PRAGMA max_page_count = 8')

  const tooMuch = [row('a', 'after'), row('b', 'x'.repeat(200_000))]
  assert.throws(() => persistence.write(tooMuch), /^Error: The disk of .* is full: nothing of this change was kept\./)
  assert.deepEqual(contents(persistence), ['a=before'])

  persistence.write([row('a', 'again')])
  assert.deepEqual(contents(persistence), ['a=again'])
})

test('on a disk that is really full nothing is half written, and the state opens again', (t) => {
  const directory = tinyDisk(t)
  if (directory === undefined) return t.skip('only root can mount the small disk this test fills')
  const file = join(directory, 'state.db')
  const persistence = SqlitePersistence.open(file)
  let kept = 0
  const fill = (): void => {
    for (; kept < 1_000; kept++) {
      persistence.write([row(`left ${kept}`, 'x'.repeat(2_000)), row(`right ${kept}`, 'x'.repeat(2_000))])
    }
  }
  assert.throws(fill, /is full|disk answered an error/)
  assert.ok(kept > 0)
  assert.equal([...persistence.load()].length, 2 * kept)
  persistence.close()

  const again = SqlitePersistence.open(file)
  assert.equal([...again.load()].length, 2 * kept)
  again.close()
})

test('journals are read one by one and not loaded, however many there are', (t) => {
  const persistence = opened(t)
  const journal = Array.from({ length: 500 }, (_, number) => ({
    kind: 'journal',
    key: `d/${number}`,
    value: `${number}`,
  }))
  persistence.write([row('a', '1'), ...journal])
  assert.deepEqual(contents(persistence), ['a=1'])
  assert.deepEqual([persistence.read('journal', 'd/7'), persistence.read('journal', 'd/500')], ['"7"', undefined])
  persistence.write([
    { kind: 'journal', key: 'd/7', value: 'changed' },
    ...journal.slice(10).map(({ kind, key }) => ({ kind, key, value: undefined })),
  ])
  const left = Array.from(persistence.readAll('journal'), (text) => String(JSON.parse(text)))
  assert.deepEqual(left, ['0', '1', '2', '3', '4', '5', '6', 'changed', '8', '9'])
})

test('the state of the first version is taken over, its journals among it', (t) => {
  const file = stateFile(t)
  SqlitePersistence.open(file).close()
  const first = new DatabaseSync(file)
  first.exec(`DROP TABLE history; PRAGMA user_version = 1;
    INSERT INTO rows (kind, key, value) VALUES ('tasks', 'b', '1'), ('journal', 'd/0', '{}'), ('tasks', 'a', '2')`)
  first.close()
  for (const _ of ['once', 'and again']) {
    const persistence = SqlitePersistence.open(file)
    assert.deepEqual(contents(persistence), ['b=1', 'a=2'])
    assert.equal(persistence.read('journal', 'd/0'), '{}')
    persistence.close()
  }
})

test('the minutes of metrics that the second version held in memory are taken over, and read when they are asked for', (t) => {
  const file = stateFile(t)
  SqlitePersistence.open(file).close()
  const second = new DatabaseSync(file)
  second.exec(`PRAGMA user_version = 2;
    INSERT INTO rows (kind, key, value) VALUES ('metricMinutes', '2/0', '"later"'), ('tasks', 'a', '1'), ('metricMinutes', '1/0', '"sooner"');
    INSERT INTO history (kind, key, value) VALUES ('journal', 'd/0', '{}')`)
  second.close()
  for (const _ of ['once', 'and again']) {
    const persistence = SqlitePersistence.open(file)
    assert.deepEqual(contents(persistence), ['a=1'])
    assert.deepEqual([...persistence.readAll('metricMinutes')], ['"sooner"', '"later"'])
    assert.equal(persistence.read('journal', 'd/0'), '{}')
    persistence.close()
  }
})

test('a damaged file is refused and left as it is', (t) => {
  const file = stateFile(t)
  const persistence = SqlitePersistence.open(file)
  persistence.write(Array.from({ length: 200 }, (_, n) => row(`key ${n}`, 'x'.repeat(500))))
  persistence.close()
  const handle = openSync(file, 'r+')
  for (let page = 2; page < 20; page++) writeSync(handle, Buffer.alloc(4_096, 0xa5), 0, 4_096, page * 4_096)
  closeSync(handle)
  const damaged = readFileSync(file)

  assert.throws(() => SqlitePersistence.open(file), /is damaged .*left as it is/)
  assert.deepEqual(readFileSync(file), damaged)
})

test('a file that is no database is refused and left as it is', (t) => {
  const file = stateFile(t)
  writeFileSync(file, 'a diary, kept by hand\n'.repeat(100))
  assert.throws(() => SqlitePersistence.open(file), /is damaged or is not a state file of Teal\. It was left as it is/)
  assert.match(readFileSync(file, 'utf8'), /^a diary/)
})

test("another program's database is refused and left as it is", (t) => {
  const file = stateFile(t)
  const other = new DatabaseSync(file)
  other.exec('CREATE TABLE birds (name TEXT)')
  other.close()
  const before = readFileSync(file)
  assert.throws(() => SqlitePersistence.open(file), /is not a state file of Teal/)
  assert.deepEqual(readFileSync(file), before)
})

test('a state of a newer version is refused and left as it is', (t) => {
  const file = stateFile(t)
  SqlitePersistence.open(file).close()
  const newer = new DatabaseSync(file)
  newer.exec('PRAGMA user_version = 99')
  newer.close()
  assert.throws(() => SqlitePersistence.open(file), /newer version of Teal \(format 99; this one knows 3\)/)
})

test('a directory that does not exist is a clear error', (t) => {
  const file = join(stateFile(t), 'nowhere', 'state.db')
  assert.throws(() => SqlitePersistence.open(file), /cannot be opened\. Give this user the right/)
})

function row(key: string, value: string): RowChange {
  return { kind: 'tasks', key, value }
}

function contents(persistence: SqlitePersistence): string[] {
  return [...persistence.load()].map(({ key, value }) => `${key}=${JSON.parse(value)}`)
}

function stateFile(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'teal-state-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return join(directory, 'state.db')
}

function opened(t: TestContext): SqlitePersistence {
  const persistence = SqlitePersistence.open(stateFile(t))
  t.after(() => persistence.close())
  return persistence
}

/** A disk of 300 KiB, unmounted after the test; undefined where this user cannot mount one. */
function tinyDisk(t: TestContext): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'teal-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=300k', 'tmpfs', directory], { stdio: 'ignore' })
  } catch {
    rmSync(directory, { recursive: true })
    return undefined
  }
  t.after(() => {
    execFileSync('umount', ['-l', directory])
    rmSync(directory, { recursive: true })
  })
  return directory
}
