/** A file of an archive: its path without a leading slash, and what is in it. */
export type TarFile = { readonly path: string; readonly content: Uint8Array; readonly mode?: number }

const block = 512
const longestName = 100
const longestPrefix = 155

/** A tar archive (POSIX ustar), owned by root and without times, so that the same files make the same archive. */
export function tarArchive(files: readonly TarFile[]): Buffer {
  const parts = files.flatMap(({ path, content, mode = 0o644 }) => [
    header(path, content.length, mode),
    content,
    Buffer.alloc((block - (content.length % block)) % block),
  ])
  return Buffer.concat([...parts, Buffer.alloc(2 * block)])
}

function header(path: string, size: number, mode: number): Buffer {
  const { name, prefix } = split(path)
  const bytes = Buffer.alloc(block)
  bytes.write(name, 0, longestName)
  bytes.write(octal(mode, 7), 100)
  bytes.write(octal(0, 7), 108)
  bytes.write(octal(0, 7), 116)
  bytes.write(octal(size, 11), 124)
  bytes.write(octal(0, 11), 136)
  // The sum is taken with spaces where it will stand.
  bytes.write(' '.repeat(8), 148)
  bytes.write('0', 156)
  bytes.write('ustar\x0000', 257)
  bytes.write(prefix, 345, longestPrefix)
  const sum = bytes.reduce((total, byte) => total + byte, 0)
  bytes.write(`${octal(sum, 6)}\0 `, 148)
  return bytes
}

/** A long path is cut at a slash: the name holds 100 bytes, what is before it 155. */
function split(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= longestName) return { name: path, prefix: '' }
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    const [prefix, name] = [path.slice(0, slash), path.slice(slash + 1)]
    if (Buffer.byteLength(name) <= longestName && Buffer.byteLength(prefix) <= longestPrefix) return { name, prefix }
  }
  throw new Error(`The path ${path} is too long for a tar archive.`)
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}
