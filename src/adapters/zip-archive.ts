import { inflateRawSync } from 'node:zlib'

export type ZipEntry = {
  /** With slashes, without one at the end. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'link'
  readonly isExecutable: boolean
  /** Uncompressed. */
  readonly sizeBytes: number
  /** Throws `ZipError`. A link's content is its target. */
  content(): Buffer
}

/** What is wrong with an archive, as the end of a sentence. */
export class ZipError extends Error {}

const endSignature = 0x06_05_4b_50
const entrySignature = 0x02_01_4b_50
const localSignature = 0x04_03_4b_50
/** Of the end record: its own length, and the longest comment behind it. */
const endBytes = 22
const longestComment = 65_535
/** Files of this kind are of more than four gigabytes, or there are more than 65,535 of them. */
const beyondZip = 0xff_ff_ff_ff
const unixSystems = new Set([3, 19])

/** Reads an archive's table of contents. Throws `ZipError`; nothing is unpacked yet. */
export function readZip(archive: Buffer): readonly ZipEntry[] {
  try {
    return readEntries(archive)
  } catch (error) {
    if (error instanceof RangeError) throw new ZipError('it is cut off or damaged', { cause: error })
    throw error
  }
}

function readEntries(archive: Buffer): readonly ZipEntry[] {
  const end = findEnd(archive)
  const count = archive.readUInt16LE(end + 10)
  let offset = archive.readUInt32LE(end + 16)
  if (offset === beyondZip || count === 0xff_ff) throw new ZipError('it is in the ZIP64 format, which is not supported')
  const entries: ZipEntry[] = []
  for (let index = 0; index < count; index += 1) {
    if (archive.readUInt32LE(offset) !== entrySignature) throw new ZipError('its table of contents is damaged')
    const nameBytes = archive.readUInt16LE(offset + 28)
    entries.push(readEntry(archive, offset, archive.toString('utf8', offset + 46, offset + 46 + nameBytes)))
    offset += 46 + nameBytes + archive.readUInt16LE(offset + 30) + archive.readUInt16LE(offset + 32)
  }
  return entries
}

function findEnd(archive: Buffer): number {
  const first = Math.max(0, archive.length - endBytes - longestComment)
  for (let offset = archive.length - endBytes; offset >= first; offset -= 1) {
    if (archive.readUInt32LE(offset) === endSignature) return offset
  }
  throw new ZipError('it is no zip archive')
}

function readEntry(archive: Buffer, offset: number, name: string): ZipEntry {
  const flags = archive.readUInt16LE(offset + 8)
  if ((flags & 1) !== 0) throw new ZipError(`${name} is encrypted`)
  // The upper half of the attributes is the mode of a Unix file where the archive was made on such a system.
  const isUnix = unixSystems.has(archive.readUInt8(offset + 5))
  const mode = isUnix ? archive.readUInt16LE(offset + 40) : 0
  const sizeBytes = archive.readUInt32LE(offset + 24)
  return {
    path: name.replace(/\/+$/, ''),
    kind: (mode & 0o170_000) === 0o120_000 ? 'link' : name.endsWith('/') ? 'directory' : 'file',
    isExecutable: (mode & 0o111) !== 0,
    sizeBytes,
    content: () => readContent(archive, { offset, name, sizeBytes }),
  }
}

function readContent(
  archive: Buffer,
  entry: { readonly offset: number; readonly name: string; readonly sizeBytes: number },
) {
  const { offset, name, sizeBytes } = entry
  try {
    const method = archive.readUInt16LE(offset + 10)
    const compressedBytes = archive.readUInt32LE(offset + 20)
    const local = archive.readUInt32LE(offset + 42)
    if (archive.readUInt32LE(local) !== localSignature) throw new ZipError(`the entry of ${name} is damaged`)
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
    const compressed = archive.subarray(start, start + compressedBytes)
    const content = uncompressed(compressed, method, entry)
    if (content.length !== sizeBytes) throw new ZipError(`${name} is not as long as the archive says`)
    return content
  } catch (error) {
    if (error instanceof ZipError) throw error
    throw new ZipError(`${name} cannot be unpacked`, { cause: error })
  }
}

/** No more is unpacked than the table of contents promised: an archive cannot grow under way. */
function uncompressed(
  compressed: Buffer,
  method: number,
  { name, sizeBytes }: { readonly name: string; readonly sizeBytes: number },
): Buffer {
  switch (method) {
    case 0:
      return compressed
    case 8:
      return inflateRawSync(compressed, { maxOutputLength: Math.max(sizeBytes, 1) })
    default:
      throw new ZipError(`${name} is compressed by a method other than deflate`)
  }
}
