import { accessSync, constants, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { codeOf } from './error-code.ts'
import { makeDirectories } from './make-directories.ts'
import { explainSqliteError, isBusy } from './sqlite-error.ts'

/** Who holds a data directory. `url` is absent while the engine has not begun to listen. */
export type EngineNote = { readonly pid: number; readonly url?: string }

/** How long a claim waits: a process that was killed holds its lock until the kernel has cleared it away. */
const claimPatienceMilliseconds = 1_000

const lockName = 'engine.lock'
const stateName = 'state.db'

/**
 * The directory that holds everything of one engine. Claiming it takes a lock which the kernel gives back whenever and
 * however the process ends, so two engines never work on one state and a killed one is never in the way.
 */
export class DataDirectory {
  readonly path: string
  readonly #lock: DatabaseSync
  readonly #lockFile: string
  /** Nothing can be written in it: its file system is read-only. */
  #isReadOnly = false
  /** As last seen beside our lock. */
  #stateFile = ''

  /** Makes the directory where there is none. Throws `DataDirectoryInUse`, or an Error that says what to do. */
  static claim(path: string, { patienceMilliseconds = claimPatienceMilliseconds } = {}): DataDirectory {
    makeDataDirectory(resolve(path))
    const directory = new DataDirectory(resolve(path), takeLock(resolve(path), patienceMilliseconds))
    try {
      checkFolders(directory.path)
    } catch (error) {
      directory.release()
      throw error
    }
    try {
      writeNote(directory.path, { pid: process.pid })
    } catch (error) {
      directory.release()
      throw explainFileError(error, directory.path)
    }
    return directory
  }

  /** The same, for whoever only ends what is left: also on a disk that has no room for a note of who it is, or takes none. */
  static claimToEnd(path: string): DataDirectory {
    const directory = new DataDirectory(resolve(path), takeLock(resolve(path), claimPatienceMilliseconds))
    try {
      writeNote(directory.path, { pid: process.pid })
    } catch (error) {
      directory.#isReadOnly = codeOf(error) === 'EROFS'
      // The former one names a process that is not in the way any more.
      removeNote(directory.path)
    }
    return directory
  }

  constructor(path: string, lock: DatabaseSync) {
    this.path = path
    this.#lock = lock
    this.#lockFile = fileNow(path, lockName)
  }

  /**
   * Whether somebody has removed the directory, or put another in its place. Nothing can be kept in it any more, and what is
   * found there now may be of another engine. Who removes a lock's file by itself, in the belief that it is stale, has
   * taken nothing away.
   */
  isLost(): boolean {
    try {
      const stateFile = fileNow(this.path, stateName)
      if (fileNow(this.path, lockName) !== this.#lockFile) return stateFile !== this.#stateFile
      this.#stateFile = stateFile
      return false
    } catch {
      return false // A disk that does not answer is not a directory that is gone.
    }
  }

  get isReadOnly(): boolean {
    return this.#isReadOnly
  }

  file(name: string): string {
    return join(this.path, name)
  }

  /** Tells whoever finds the directory in use where this engine answers. */
  announce(url: string): void {
    writeNote(this.path, { pid: process.pid, url })
  }

  release(): void {
    if (!this.#lock.isOpen) return
    if (!this.isLost()) removeNote(this.path)
    this.#lock.close()
  }
}

export class DataDirectoryInUse extends Error {
  readonly note: EngineNote | undefined

  constructor(directory: string, note: EngineNote | undefined) {
    const who = note === undefined ? 'Another Teal' : `Another Teal (process ${note.pid})`
    const where = note?.url === undefined ? '' : `, listening on ${note.url}`
    super(
      `${who} is running on ${directory}${where}. Use that one, end it with \`teal down --data ${directory}\`, or choose another directory with --data.`,
    )
    this.name = 'DataDirectoryInUse'
    this.note = note
  }
}

/** The note of whoever claimed the directory last; undefined when there is none to read. */
export function readNote(directory: string): EngineNote | undefined {
  try {
    const note: unknown = JSON.parse(readFileSync(noteFile(resolve(directory)), 'utf8'))
    if (typeof note !== 'object' || note === null || !('pid' in note) || typeof note.pid !== 'number') return undefined
    if ('url' in note && typeof note.url === 'string') return { pid: note.pid, url: note.url }
    return { pid: note.pid }
  } catch {
    return undefined
  }
}

/** Throws an Error that says what to do where it cannot be made, or cannot be used by this user. */
export function makeDataDirectory(directory: string): void {
  try {
    makeDirectories(directory)
    checkFolder(directory)
  } catch (error) {
    throw explainFileError(error, directory)
  }
}

/**
 * Throws an Error that says what to do where what a directory has left running cannot be ended by this user. On a file
 * system that has become read-only it can.
 */
export function checkToEnd(directory: string): void {
  try {
    checkFolder(directory)
  } catch (error) {
    if (codeOf(error) !== 'EROFS') throw explainFileError(error, directory)
  }
  checkFolders(directory, ['tasks'])
}

/** What the engine makes in its directory. Where another user has made it, as by one time with sudo, it is of no use. */
const folders = ['dynamodb', 'functions', 'images', 'logs', 'objects', 'tasks']

/** Throws an Error that says what to do where this user cannot work with a folder that is in the directory. */
export function checkFolders(directory: string, names: readonly string[] = folders): void {
  const problem = folderProblem(directory, names)
  if (problem !== undefined) throw new Error(`${problem}. Give the user the right to, or choose another --data.`)
}

/** Which folder in the directory this user cannot work with. */
export function folderProblem(directory: string, names: readonly string[] = folders): string | undefined {
  for (const folder of names.map((name) => join(directory, name))) {
    try {
      checkFolder(folder)
    } catch (error) {
      if (codeOf(error) === 'ENOTDIR') return `${folder} is not a directory`
      if (!['ENOENT', 'EROFS'].includes(codeOf(error))) return `${folder} cannot be read and written by this user`
    }
  }
  return undefined
}

function checkFolder(path: string): void {
  if (!statSync(path).isDirectory()) throw Object.assign(new Error(), { code: 'ENOTDIR' })
  accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
}

/** Tells a file that is open from any other; empty where there is none of its name. */
function fileNow(directory: string, name: string): string {
  const found = statSync(join(directory, name), { throwIfNoEntry: false })
  return found === undefined ? '' : `${found.dev}:${found.ino}`
}

function takeLock(directory: string, patienceMilliseconds: number): DatabaseSync {
  const file = join(directory, lockName)
  let lock: DatabaseSync | undefined
  // The journal is in memory: a disk that is full takes none.
  try {
    lock = new DatabaseSync(file, { timeout: patienceMilliseconds })
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock?.close()
    if (isBusy(error)) throw new DataDirectoryInUse(directory, readNote(directory))
    throw explainSqliteError(error, file)
  }
}

/** Replaced as a whole, so that nobody ever reads half a note. */
function writeNote(directory: string, note: EngineNote): void {
  const file = noteFile(directory)
  writeFileSync(`${file}.new`, `${JSON.stringify(note)}\n`)
  renameSync(`${file}.new`, file)
}

/** Where it cannot be removed nobody is misled: the lock is what counts. */
function removeNote(directory: string): void {
  try {
    for (const file of [noteFile(directory), `${noteFile(directory)}.new`]) rmSync(file, { force: true })
  } catch {
    // A file system that has become read-only.
  }
}

function noteFile(directory: string): string {
  return join(directory, 'engine.json')
}

function explainFileError(error: unknown, directory: string): Error {
  const code = codeOf(error)
  const isInUse = existsSync(join(directory, stateName))
  const explanation = fullDisks.includes(code) && isInUse ? fullUnderneath : fileErrors[code]
  if (explanation === undefined) {
    return new Error(`The data directory ${directory} cannot be used: ${String(error)}`, { cause: error })
  }
  return new Error(`The data directory ${directory} ${explanation}`, { cause: error })
}

const notDirectory = 'is not a directory, or lies in something that is none. Choose another one with --data.'
const notWritable = 'cannot be written by this user. Give the user the right to, or choose another one with --data.'
const diskFull = 'lies on a disk that is full. Free some space, or choose another one with --data.'
/** Another directory would be another engine, and what runs of this one would be in its way. */
const fullUnderneath =
  `lies on a disk that is full: not even engine.json can be written in it. Free some space and start Teal again; the ` +
  'router and the tasks that run of it go on meanwhile.'
const fullDisks = ['ENOSPC', 'EDQUOT']
const fileErrors: Readonly<Record<string, string>> = {
  ENOTDIR: notDirectory,
  EEXIST: notDirectory,
  EACCES: notWritable,
  EPERM: notWritable,
  // Node says this of a parent on a read-only file system.
  ENOENT: 'cannot be made. Check that its parent can be written, or choose another one with --data.',
  EROFS: 'lies on a read-only file system. Choose another one with --data.',
  ENOSPC: diskFull,
  EDQUOT: diskFull,
}
