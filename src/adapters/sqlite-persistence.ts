import { chmodSync, closeSync, existsSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { StatementSync } from 'node:sqlite'
import { kindsOnDisk } from '../engine/ports.ts'
import type { Durability, Persistence, RowChange, StoredRow } from '../engine/ports.ts'
import { explainSqliteError } from './sqlite-error.ts'

/** Written into the file's header, so that neither another program's file nor a newer format is taken for ours. */
const applicationId = 0x7465616c
const schemaVersion = 3

const schema = `
  CREATE TABLE rows (
    position INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (kind, key)
  ) STRICT;
  PRAGMA application_id = ${applicationId};`

/** What is read row by row stands apart, so that its size is nothing to whoever starts. */
const historySchema = `
  CREATE TABLE history (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;`

const kindsInHistory = kindsOnDisk.map((kind) => `'${kind}'`).join(', ')

/** Format 1 had no history; format 2 had the minutes of metrics among the rows. */
const moveToHistory = `
  INSERT INTO history SELECT kind, key, value FROM rows WHERE kind IN (${kindsInHistory});
  DELETE FROM rows WHERE kind IN (${kindsInHistory});
  PRAGMA user_version = ${schemaVersion};`

const isOnDisk: ReadonlySet<string> = new Set(kindsOnDisk)

/**
 * The engine's state in one SQLite file. A write is one transaction, on disk when it returns; when the disk is full or
 * broken it throws an Error that says what to do, and has changed nothing.
 */
export class SqlitePersistence implements Persistence {
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #rows: Statements
  readonly #history: Statements
  #durability: Durability = 'kept'

  /** Opens the file, or makes it. A damaged file, a foreign one and one of a newer Teal are refused and left alone. */
  static open(file: string): SqlitePersistence {
    let database: DatabaseSync | undefined
    try {
      createPrivate(file)
      database = new DatabaseSync(file, { timeout: 2_000 })
      const persistence = new SqlitePersistence(database, file)
      keepPrivate(file)
      return persistence
    } catch (error) {
      database?.close()
      throw explainSqliteError(error, file)
    }
  }

  constructor(database: DatabaseSync, file: string) {
    prepareFile(database, file)
    this.#database = database
    this.#file = file
    this.#rows = statementsFor(database, 'rows')
    this.#history = statementsFor(database, 'history')
  }

  *load(): Iterable<StoredRow> {
    try {
      const rows = this.#database.prepare('SELECT kind, key, value FROM rows ORDER BY position').iterate()
      for (const row of rows) yield row as unknown as StoredRow
    } catch (error) {
      throw explainSqliteError(error, this.#file)
    }
  }

  read(kind: string, key: string): string | undefined {
    const { read } = this.#tableOf(kind)
    return this.#explained(() => (read.get(kind, key) as { readonly value: string } | undefined)?.value)
  }

  /** One after the other: together they may be large. */
  *readAll(kind: string): Iterable<string> {
    try {
      const rows = this.#database.prepare('SELECT value FROM history WHERE kind = ? ORDER BY key').iterate(kind)
      for (const { value } of rows) yield String(value)
    } catch (error) {
      throw explainSqliteError(error, this.#file)
    }
  }

  write(rows: readonly RowChange[], durability: Durability = 'kept'): void {
    this.#explained(() => {
      try {
        this.#sync(durability)
        this.#database.exec('BEGIN IMMEDIATE')
        for (const { kind, key, value } of rows) {
          const table = this.#tableOf(kind)
          if (value === undefined) table.delete.run(kind, key)
          else table.put.run(kind, key, JSON.stringify(value))
        }
        this.#database.exec('COMMIT')
      } catch (error) {
        // SQLite has already rolled back by itself after some errors.
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      }
    })
  }

  close(): void {
    this.#database.close()
  }

  #tableOf(kind: string): Statements {
    return isOnDisk.has(kind) ? this.#history : this.#rows
  }

  /** A note is synced with the next write that is kept, which stands after it in the log. */
  #sync(durability: Durability): void {
    if (durability === this.#durability) return
    this.#database.exec(`PRAGMA synchronous = ${durability === 'kept' ? 'FULL' : 'NORMAL'}`)
    this.#durability = durability
  }

  #explained<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw explainSqliteError(error, this.#file)
    }
  }
}

/** Why a state file cannot be used, in a sentence that says what to do; undefined where it can, or there is none. It is only read. */
export function stateFileProblem(file: string): string | undefined {
  if (!existsSync(file)) return undefined
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: 2_000 })
    const [version, owner] = [pragma(database, 'user_version'), pragma(database, 'application_id')]
    const isNew = version === 0 && owner === 0 && pragma(database, 'schema_version') === 0
    if (!isNew) refuseForeign(database, file, { version, owner })
    return undefined
  } catch (error) {
    return explainSqliteError(error, file).message
  } finally {
    database?.close()
  }
}

type Statements = { readonly read: StatementSync; readonly put: StatementSync; readonly delete: StatementSync }

function statementsFor(database: DatabaseSync, table: 'rows' | 'history'): Statements {
  return {
    read: database.prepare(`SELECT value FROM ${table} WHERE kind = ? AND key = ?`),
    put: database.prepare(
      `INSERT INTO ${table} (kind, key, value) VALUES (?, ?, ?) ON CONFLICT (kind, key) DO UPDATE SET value = excluded.value`,
    ),
    delete: database.prepare(`DELETE FROM ${table} WHERE kind = ? AND key = ?`),
  }
}

/** It holds secrets and the private keys of certificates. What SQLite puts beside it gets the same permissions. */
const privateMode = 0o600

function createPrivate(file: string): void {
  try {
    if (!existsSync(file)) closeSync(openSync(file, 'a', privateMode))
  } catch {
    // SQLite meets the same, and its error is explained.
  }
}

/** Also where an older version has made it readable for others. */
function keepPrivate(file: string): void {
  for (const each of [file, `${file}-wal`, `${file}-shm`].filter((path) => existsSync(path))) {
    try {
      chmodSync(each, privateMode)
    } catch {
      // A file system without modes has nobody to keep it from; the directory is made for its owner alone as well.
    }
  }
}

function prepareFile(database: DatabaseSync, file: string): void {
  const version = pragma(database, 'user_version')
  const owner = pragma(database, 'application_id')
  const isNew = version === 0 && owner === 0 && pragma(database, 'schema_version') === 0
  if (!isNew) refuseForeign(database, file, { version, owner })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
  if (version === schemaVersion) return
  inTransaction(database, [isNew ? schema : '', version < 2 ? historySchema : '', moveToHistory].join(''))
}

function refuseForeign(
  database: DatabaseSync,
  file: string,
  { version, owner }: { readonly version: number; readonly owner: number },
): void {
  if (owner !== applicationId) {
    throw new Error(
      `${file} is not a state file of Teal. It was left as it is. Choose another directory with --data, or move the file away.`,
    )
  }
  if (version > schemaVersion) {
    throw new Error(
      `${file} was written by a newer version of Teal (format ${version}; this one knows ${schemaVersion}). Use that version, or choose another directory with --data.`,
    )
  }
  const [finding] = database.prepare('PRAGMA quick_check(rows)').all()
  if (finding?.['quick_check'] !== 'ok') {
    throw new Error(
      `${file} is damaged (${String(finding?.['quick_check']).replaceAll('\n', ' ')}). It was left as it is. Put a backup in its place, or choose another directory with --data to start afresh.`,
    )
  }
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name])
}

function inTransaction(database: DatabaseSync, statements: string): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(`${statements}\nCOMMIT`)
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
