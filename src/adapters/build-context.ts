import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, open, readdir, readlink, symlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { IgnoreRules } from '../domain/dockerignore.ts'
import { ImageError } from '../domain/image.ts'

/** A thing in a build context; `path` is relative, with `/`. */
export type ContextEntry =
  | { readonly kind: 'file' | 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }

export type ContextCopy = {
  /** One line for each entry, in the order of their paths; equal for equal trees. */
  readonly listing: string
  readonly files: number
  readonly bytes: number
}

const chunkBytes = 1024 * 1024

/** Everything of the context that is not ignored, sorted by path. `without` are absolute paths that never belong to it. */
export async function listContext(
  directory: string,
  rules: IgnoreRules,
  without: readonly string[],
): Promise<readonly ContextEntry[]> {
  const entries: ContextEntry[] = []
  const walk = async (folder: string): Promise<void> => {
    for (const name of await readdir(join(directory, folder))) {
      const path = folder === '' ? name : `${folder}/${name}`
      const absolute = join(directory, path)
      if (without.includes(absolute)) continue
      const ignored = rules.ignores(path)
      const status = await lstat(absolute)
      if (status.isDirectory() && (!ignored || rules.hasExceptions)) await walk(path)
      if (!ignored) entries.push(await toEntry(directory, path, status))
    }
  }
  await walk('')
  return entries.toSorted((one, other) => (one.path < other.path ? -1 : 1))
}

async function toEntry(
  directory: string,
  path: string,
  status: Awaited<ReturnType<typeof lstat>>,
): Promise<ContextEntry> {
  const mode = Number(status.mode) & 0o777
  // Whoever owns a directory of an image can always look into it and delete it.
  if (status.isDirectory()) return { kind: 'directory', path, mode: mode | 0o700 }
  if (status.isFile()) return { kind: 'file', path, mode }
  if (status.isSymbolicLink()) {
    const target = await readlink(join(directory, path))
    checkLink(directory, path, target)
    return { kind: 'link', path, target }
  }
  throw new ImageError(`${path} is neither a file nor a directory nor a link: leave it out in .dockerignore`)
}

/** An image must not change with what lies beside it, and it must work where it is copied to. */
function checkLink(directory: string, path: string, target: string): void {
  const place = relative(directory, resolve(directory, dirname(path), target))
  if (!isAbsolute(target) && place !== '..' && !place.startsWith(`..${sep}`)) return
  const problem = isAbsolute(target) ? 'is absolute' : 'leads out of the build context'
  throw new ImageError(
    `the link ${path} -> ${target} ${problem}: make it relative and inside, or leave it out in .dockerignore`,
  )
}

/** Copies the entries and takes their fingerprint from what was copied, should somebody be changing them meanwhile. */
export async function copyContext(entries: readonly ContextEntry[], from: string, to: string): Promise<ContextCopy> {
  const lines: string[] = []
  let files = 0
  let bytes = 0
  for (const entry of entries) {
    const target = join(to, entry.path)
    await mkdir(entry.kind === 'directory' ? target : dirname(target), { recursive: true })
    if (entry.kind === 'link') {
      await symlink(entry.target, target)
      lines.push(JSON.stringify(['link', entry.path, entry.target]))
    } else if (entry.kind === 'directory') {
      lines.push(JSON.stringify(['directory', entry.path, entry.mode]))
    } else {
      const copy = await copyFile(join(from, entry.path), target, entry.mode)
      files += 1
      bytes += copy.bytes
      lines.push(JSON.stringify(['file', entry.path, entry.mode, copy.digest]))
    }
  }
  // Only now, and the deepest first: a directory may be one that nothing can be written into.
  for (const entry of entries.toReversed()) {
    if (entry.kind === 'directory') await chmod(join(to, entry.path), entry.mode)
  }
  return { listing: `${lines.join('\n')}\n`, files, bytes }
}

async function copyFile(from: string, to: string, mode: number): Promise<{ digest: string; bytes: number }> {
  const source = await open(from, 'r')
  try {
    const target = await open(to, 'wx', 0o600)
    try {
      const result = await copyContent(source, target)
      await target.chmod(mode)
      return result
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

async function copyContent(source: FileHandle, target: FileHandle): Promise<{ digest: string; bytes: number }> {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(Math.min(chunkBytes, (await source.stat()).size + 1))
  let bytes = 0
  for (;;) {
    const { bytesRead } = await source.read(buffer, 0, buffer.length, null)
    if (bytesRead === 0) return { digest: hash.digest('hex'), bytes }
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    await target.writeFile(chunk)
    bytes += bytesRead
  }
}
