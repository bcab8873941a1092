import { createHash, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, normalize, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { FunctionCode } from '../domain/lambda-function.ts'
import { FunctionCodeError, type FunctionCodeStore } from '../engine/function-runtime.ts'
import { identityOf } from './process-identity.ts'
import { readZip, ZipError, type ZipEntry } from './zip-archive.ts'

/** Lambda's limit of code and what it is unpacked to. */
const largestUnpackedBytes = 262_144_000
const mostEntries = 65_534

/**
 * Functions' code under `<data>/functions`: `sha256-…/code.zip` is an archive as it came, `sha256-…/files` what was in it.
 * A directory appears by a rename and never changes afterwards. No function can be called like one.
 */
export class FunctionCodeDirectory implements FunctionCodeStore {
  readonly #directory: string

  constructor(dataDirectory: string) {
    this.#directory = join(resolve(dataDirectory), 'functions')
  }

  async keep(zip: Uint8Array): Promise<FunctionCode> {
    const sha256 = createHash('sha256').update(zip).digest('hex')
    const code = { sha256, sizeBytes: zip.byteLength }
    if (existsSync(this.#of(sha256))) return code
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
    this.#clearAbandoned()
    const temporary = join(this.#directory, `.unpacking-${process.pid}-${randomUUID()}`)
    try {
      const files = join(temporary, 'files')
      mkdirSync(files, { recursive: true })
      unpack(Buffer.from(zip.buffer, zip.byteOffset, zip.byteLength), files)
      writeFileSync(join(temporary, 'code.zip'), zip, { mode: 0o444, flush: true })
      keepFirst(temporary, this.#of(sha256))
      return code
    } catch (error) {
      throw explained(error)
    } finally {
      rmSync(temporary, { recursive: true, force: true })
    }
  }

  archiveUrl(sha256: string): string | undefined {
    const file = join(this.#of(sha256), 'code.zip')
    return existsSync(file) ? pathToFileURL(file).href : undefined
  }

  /** The directory that stands for `/var/task`; undefined where it is gone. */
  taskRoot(sha256: string): string | undefined {
    const files = join(this.#of(sha256), 'files')
    return existsSync(files) ? files : undefined
  }

  sweep(sha256InUse: ReadonlySet<string>): void {
    if (!existsSync(this.#directory)) return
    this.#clearAbandoned()
    for (const name of readdirSync(this.#directory)) {
      const sha256 = /^sha256-([0-9a-f]{64})$/.exec(name)?.[1]
      if (sha256 !== undefined && !sha256InUse.has(sha256)) rmSync(this.#of(sha256), { recursive: true, force: true })
    }
  }

  #of(sha256: string): string {
    return join(this.#directory, `sha256-${sha256}`)
  }

  /** What an engine leaves behind that was killed while it unpacked. */
  #clearAbandoned(): void {
    for (const name of readdirSync(this.#directory)) {
      const pid = /^\.unpacking-(\d+)-/.exec(name)?.[1]
      if (pid !== undefined && identityOf(Number(pid)) === undefined) {
        rmSync(join(this.#directory, name), { recursive: true, force: true })
      }
    }
  }
}

/** Files first and links last, so that nothing is ever written through a link. */
function unpack(archive: Buffer, directory: string): void {
  const entries = readZip(archive)
  check(entries)
  for (const entry of entries) if (entry.kind !== 'link') write(entry, join(directory, entry.path))
  const links = entries.filter(({ kind }) => kind === 'link')
  for (const entry of links) {
    mkdirSync(dirname(join(directory, entry.path)), { recursive: true })
    symlinkSync(entry.content().toString('utf8'), join(directory, entry.path))
  }
  for (const { path } of links) checkLink(path, directory)
}

function check(entries: readonly ZipEntry[]): void {
  if (entries.length === 0) throw new ZipError('it is empty')
  if (entries.length > mostEntries) throw new ZipError(`it has more than ${mostEntries} entries`)
  let unpackedBytes = 0
  for (const { sizeBytes } of entries) unpackedBytes += sizeBytes
  if (unpackedBytes >= largestUnpackedBytes) {
    throw new FunctionCodeError(`Unzipped size must be smaller than ${largestUnpackedBytes} bytes`)
  }
  const links = entries.flatMap(({ kind, path }) => (kind === 'link' ? [`${path}/`] : []))
  for (const { path } of entries) {
    if (!isInside(path)) throw new ZipError(`the path ${JSON.stringify(path)} leads out of it`)
    if (links.some((link) => path.startsWith(link))) throw new ZipError(`${path} lies behind a symbolic link`)
  }
}

function isInside(path: string): boolean {
  if (path === '' || path.startsWith('/') || path.includes('\\') || path.includes('\0')) return false
  return !path.split('/').includes('..') && normalize(path) !== '.'
}

function write(entry: ZipEntry, file: string): void {
  if (entry.kind === 'directory') {
    mkdirSync(file, { recursive: true })
    return
  }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, entry.content(), { mode: entry.isExecutable ? 0o555 : 0o444 })
}

function checkLink(path: string, directory: string): void {
  const root = `${realpathSync(directory)}${sep}`
  let target: string
  try {
    target = realpathSync(join(directory, path))
  } catch {
    throw new ZipError(`the symbolic link ${path} leads nowhere`)
  }
  if (!`${target}${sep}`.startsWith(root)) throw new ZipError(`the symbolic link ${path} leads out of it`)
}

/** The first to come keeps its place: an archive of the same digest is the same. */
function keepFirst(temporary: string, directory: string): void {
  try {
    renameSync(temporary, directory)
  } catch (error) {
    if (!existsSync(directory)) throw error
  }
}

function explained(error: unknown): unknown {
  if (error instanceof ZipError) {
    const text = 'Could not unzip uploaded file. Please check your file, then try to upload again.'
    return new FunctionCodeError(`${text} (${upperFirst(error.message)}.)`)
  }
  // Two entries of one name, or one that is a file and a directory at once.
  if (
    error instanceof Error &&
    'code' in error &&
    ['EEXIST', 'ENOTDIR', 'EISDIR', 'EACCES', 'ENAMETOOLONG'].includes(String(error.code))
  ) {
    return new FunctionCodeError(
      `Could not unzip uploaded file. Please check your file, then try to upload again. (${error.message}.)`,
    )
  }
  return error
}

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
