import { close, fsync, open, readFileSync, rename, renameSync, rmSync, writeFile, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { CheckedHealth, KnownHealth } from '../domain/health-check.ts'
import { outOfJson, type InJson } from '../domain/routing-table-json.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import { eachInSlices } from './slices.ts'

// What a busy disk makes a process wait for is left to other threads, each step: a file that takes another's place takes
// half a millisecond even where nothing waits for the disk, and several where the file system is writing its journal.
const opened = promisify(open)
const written = promisify(writeFile)
const synced = promisify(fsync)
const closed = promisify(close)
const renamed = promisify(rename)

/**
 * What a router needs to serve again without anybody's help: the last table, and what was known of the targets.
 *
 * The health is kept because a router that starts would otherwise have no healthy target at all, and would by the rule
 * for that case send requests to every registered one, also to those it knew to be broken a second ago.
 */
export class SavedState {
  readonly #tableFile: string
  readonly #healthFile: string
  readonly #passingFile: string
  readonly #onProblem: (message: string) => void
  #savedHealth = ''
  #wantedHealth = ''
  #healthTurn = 0
  #isWritingHealth = false
  #isHealthFinal = false

  /** `suffix` tells the files of one router from those of the others that share the directory; the first has none. */
  constructor(dataDirectory: string, onProblem: (message: string) => void, suffix = '') {
    this.#tableFile = join(dataDirectory, `routing-table${suffix}.json`)
    this.#healthFile = join(dataDirectory, `target-health${suffix}.json`)
    this.#passingFile = `${this.#healthFile}.later`
    this.#onProblem = onProblem
  }

  /** Undefined where there is none, or none that can be read: then the router begins empty and waits for the engine. */
  loadTable(): RoutingTable | undefined {
    const table = this.#load(this.#tableFile, isTable)
    return table === undefined ? undefined : outOfJson<RoutingTable>(table)
  }

  loadHealth(): ReadonlyMap<string, CheckedHealth> {
    return new Map(Object.entries(this.#load(this.#healthFile, isHealthByKey) ?? {}))
  }

  /** On disk, whole, when it resolves; rejects, with the former table still there, when the disk does not take it. */
  async saveTable(text: string | Buffer): Promise<void> {
    try {
      await this.#writeTable(text)
    } catch (error) {
      throw new Error(`The load balancer cannot keep ${this.#tableFile}: ${whyNotKept(error)}`, { cause: error })
    }
  }

  async #writeTable(text: string | Buffer): Promise<void> {
    const newFile = `${this.#tableFile}.new`
    const file = await opened(newFile, 'w', 0o600)
    try {
      await written(file, text)
      await synced(file)
    } finally {
      await closed(file)
    }
    await renamed(newFile, this.#tableFile)
  }

  /**
   * Replaced as a whole, but without waiting for the disk: it may get lost with the machine, not with the process, and
   * the next health checks say it all again. Nothing is saved after it: it is for a router that ends.
   */
  saveHealth(known: Iterable<KnownHealth>): void {
    this.#isHealthFinal = true
    const text = healthFileText(Array.from(known, healthText))
    if (text === this.#savedHealth && !this.#isWritingHealth) return
    try {
      // What is being kept in passing finds its file gone, and does not take this one's place later.
      rmSync(this.#passingFile, { force: true })
      writeFileSync(`${this.#healthFile}.new`, text, { mode: 0o600 })
      renameSync(`${this.#healthFile}.new`, this.#healthFile)
      this.#savedHealth = text
    } catch (error) {
      this.#onHealthProblem(error)
    }
  }

  /** The same in passing: requests go on in between, and of several calls only the last one counts. */
  async saveHealthInSlices(known: Iterable<KnownHealth>): Promise<void> {
    const turn = ++this.#healthTurn
    const text = healthFileText(await eachInSlices(known, healthText))
    if (turn !== this.#healthTurn) return
    this.#wantedHealth = text
    if (this.#isWritingHealth) return
    this.#isWritingHealth = true
    try {
      while (!this.#isHealthFinal && this.#wantedHealth !== this.#savedHealth)
        await this.#writeHealth(this.#wantedHealth)
    } catch (error) {
      // A router that ends has kept it by now, or has said why it could not.
      if (!this.#isHealthFinal) this.#onHealthProblem(error)
    } finally {
      this.#isWritingHealth = false
    }
  }

  /** Into a file of its own: `saveHealth` may come in between. */
  async #writeHealth(text: string): Promise<void> {
    await written(this.#passingFile, text, { mode: 0o600 })
    if (this.#isHealthFinal) return
    await renamed(this.#passingFile, this.#healthFile)
    this.#savedHealth = text
  }

  #onHealthProblem(error: unknown): void {
    this.#onProblem(`The targets' health could not be kept: ${String(error)}`)
  }

  #load<Value>(file: string, isWhole: (value: unknown) => value is Value): Value | undefined {
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#onProblem(`${file} could not be read: ${String(error)}`)
      return undefined
    }
    try {
      const value: unknown = JSON.parse(text)
      if (isWhole(value)) return value
      this.#onProblem(`${file} is damaged and is not used: it has not what a router writes into it`)
    } catch (error) {
      this.#onProblem(`${file} is damaged and is not used: ${String(error)}`)
    }
    return undefined
  }
}

function whyNotKept(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ENOSPC' ? 'the disk is full. Free some space and try again.' : message
}

function isTable(value: unknown): value is InJson<RoutingTable> {
  if (!isObject(value)) return false
  const { version, listeners, targetGroups } = value
  return typeof version === 'number' && Array.isArray(listeners) && isObject(targetGroups)
}

function isHealthByKey(value: unknown): value is Record<string, CheckedHealth> {
  return isObject(value) && Object.values(value).every((each) => isObject(each) && isObject(each['health']))
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

function healthFileText(texts: readonly string[]): string {
  return `{${texts.join(',')}}`
}

function healthText([key, checked]: KnownHealth): string {
  return `${JSON.stringify(key)}:${JSON.stringify(checked)}`
}
