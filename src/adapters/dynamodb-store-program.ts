/**
 * The process behind `DynamoDbStore`: dynalite on a Unix socket. Told a directory and the socket's path; says `ready` when
 * it answers, and ends when its standard input does, as it does when the engine is killed.
 */
import { rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

type Dynalite = (options: {
  readonly path: string
  /** How long a table is CREATING, UPDATING and DELETING; AWS's own seconds would be nobody's gain. */
  readonly createTableMs: number
  readonly updateTableMs: number
  readonly deleteTableMs: number
}) => Server

/** A killed engine's process is gone within moments of it. */
const predecessorMilliseconds = 10_000

process.stdin.resume().once('close', () => process.exit(0))
const [directory = '', socketPath = ''] = process.argv.slice(2)
// The tables have one owner. The lock is the kernel's, so that nothing has to be cleaned up after a crash.
const lock = new DatabaseSync(join(directory, 'owner.lock'), { timeout: predecessorMilliseconds })
lock.exec('BEGIN EXCLUSIVE')
const dynalite = createRequire(import.meta.url)('dynalite') as Dynalite
const options = { path: join(directory, 'tables'), createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 }
rmSync(socketPath, { force: true })
dynalite(options).listen(socketPath, () => process.stdout.write('ready\n'))
