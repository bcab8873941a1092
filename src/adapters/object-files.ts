import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { ByteRange } from '../domain/byte-range.ts'
import type { ObjectFiles, WrittenFile } from '../engine/objects.ts'

/**
 * Objects' bytes as files under `<data>/objects`. A file gets its name by a rename when it is on disk as a whole; until
 * then it is under `objects/new`, which a start empties.
 */
export class ObjectFilesOnDisk implements ObjectFiles {
  readonly #directory: string
  readonly #unfinished: string

  constructor(dataDirectory: string) {
    this.#directory = join(dataDirectory, 'objects')
    this.#unfinished = join(this.#directory, 'new')
    mkdirSync(this.#unfinished, { recursive: true, mode: 0o700 })
  }

  async write(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<WrittenFile> {
    const fileId = randomUUID()
    const unfinished = join(this.#unfinished, fileId)
    try {
      const written = await writeWhole(unfinished, content)
      await rename(unfinished, this.#path(fileId))
      await syncDirectory(this.#directory)
      return { fileId, ...written }
    } catch (error) {
      await rm(unfinished, { force: true })
      throw error
    }
  }

  async read(fileId: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    try {
      const pieces: Uint8Array[] = []
      for await (const piece of this.pieces(fileId, range)) pieces.push(piece)
      return Buffer.concat(pieces)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  async open(fileId: string, range?: ByteRange): Promise<AsyncIterable<Uint8Array> | undefined> {
    try {
      const handle = await open(this.#path(fileId), 'r')
      return handle.createReadStream(readingOf(range)) as AsyncIterable<Uint8Array>
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }

  pieces(fileId: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    return createReadStream(this.#path(fileId), readingOf(range)) as AsyncIterable<Uint8Array>
  }

  async remove(fileIds: readonly string[]): Promise<void> {
    for (const fileId of fileIds) await rm(this.#path(fileId), { force: true })
  }

  keepOnly(fileIds: ReadonlySet<string>): void {
    for (const name of readdirSync(this.#unfinished)) rmSync(join(this.#unfinished, name), { force: true })
    for (const entry of readdirSync(this.#directory, { withFileTypes: true })) {
      if (entry.isFile() && !fileIds.has(entry.name)) rmSync(join(this.#directory, entry.name), { force: true })
    }
  }

  #path(fileId: string): string {
    return join(this.#directory, fileId)
  }
}

function readingOf(range: ByteRange | undefined) {
  return { ...(range && { start: range.first, end: range.last }), highWaterMark: 256 * 1024 }
}

async function writeWhole(file: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const handle = await open(file, 'wx', 0o600)
  try {
    const written = await writePieces(handle, content)
    await handle.sync()
    return written
  } finally {
    await handle.close()
  }
}

async function writePieces(handle: FileHandle, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const md5 = createHash('md5')
  let size = 0
  for await (const piece of content) {
    md5.update(piece)
    size += piece.length
    await handle.writeFile(piece)
  }
  return { size, md5: md5.digest('hex') }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
