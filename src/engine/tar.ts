/**
 * The files in the root of a tar archive, by name. Only these: names beyond 100 bytes, links and the rest of the format
 * cannot be an AppSpec there.
 * @throws Error where it is no tar archive, or breaks off
 */
export function readTar(archive: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>()
  let offset = 0
  while (offset + blockBytes <= archive.length) {
    const header = archive.subarray(offset, offset + blockBytes)
    if (header.every((byte) => byte === 0)) return files
    if (checksum(header) !== octal(header, 148, 8)) throw new Error('it is no tar archive, or is damaged')
    const size = octal(header, 124, 12)
    const start = offset + blockBytes
    if (start + size > archive.length) throw new Error('it breaks off')
    const name = text(header, 0, 100).replace(/^\.\//, '')
    if (isFile(header) && !name.includes('/') && text(header, 345, 155) === '') {
      files.set(name, archive.subarray(start, start + size))
    }
    offset = start + Math.ceil(size / blockBytes) * blockBytes
  }
  if (files.size === 0 && offset === 0) throw new Error('it is no tar archive')
  return files
}

const blockBytes = 512

/** The type `0`, or nothing in older archives. */
function isFile(header: Uint8Array): boolean {
  return header[156] === 0x30 || header[156] === 0
}

function text(header: Uint8Array, start: number, length: number): string {
  const bytes = header.subarray(start, start + length)
  const end = bytes.indexOf(0)
  return new TextDecoder().decode(end === -1 ? bytes : bytes.subarray(0, end))
}

/** Sizes beyond eight gigabytes are written otherwise, and are not needed here. */
function octal(header: Uint8Array, start: number, length: number): number {
  const digits = text(header, start, length).trim()
  if (!/^[0-7]+$/.test(digits)) throw new Error('it is no tar archive, or is damaged')
  return Number.parseInt(digits, 8)
}

/** The sum of a header's bytes, those of the sum itself taken as spaces. */
function checksum(header: Uint8Array): number {
  return header.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0)
}
