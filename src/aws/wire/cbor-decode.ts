import { isUtf8 } from 'node:buffer'

/** A value with a CBOR tag, such as 1 for seconds since epoch. */
export class Tagged {
  readonly tag: number
  readonly value: unknown

  constructor(tag: number, value: unknown) {
    this.tag = tag
    this.value = value
  }
}

/**
 * Decodes CBOR (RFC 8949) from whoever sends it: maps become objects, byte strings `Uint8Array`s, tags `Tagged`. The
 * SDK's decoder trusts its input.
 *
 * @throws Error saying what is wrong, and where
 */
export function decodeCbor(bytes: Uint8Array): unknown {
  const reader: Reader = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 }
  const value = decodeValue(reader, 0)
  if (reader.at !== bytes.length) throw wrong(reader, 'more follows after its end')
  return value
}

type Reader = { readonly bytes: Uint8Array; readonly view: DataView; at: number }

/** Ends a string, list or map whose length was not given. */
const breakByte = 0xff
const indefinite = 31
const deepest = 100

function decodeValue(reader: Reader, depth: number): unknown {
  if (depth > deepest) throw wrong(reader, `it is nested more than ${deepest} times`)
  const first = take(reader, 1)[0] ?? 0
  const [kind, minor] = [first >> 5, first & 0x1f]
  switch (kind) {
    case 0:
      return argument(reader, minor)
    case 1:
      return -1 - argument(reader, minor)
    case 2:
      return decodeBytes(reader, minor, depth)
    case 3:
      return decodeText(reader, minor, depth)
    case 4:
      return decodeItems(reader, minor, () => decodeValue(reader, depth + 1))
    case 5:
      return Object.fromEntries(decodeItems(reader, minor, () => decodeEntry(reader, depth + 1)))
    case 6:
      return new Tagged(argument(reader, minor), decodeValue(reader, depth + 1))
    default:
      return decodeSimple(reader, minor)
  }
}

/** The number that follows a first byte, or is in it. */
function argument(reader: Reader, minor: number): number {
  if (minor < 24) return minor
  const { at, view } = reader
  switch (minor) {
    case 24:
      return take(reader, 1)[0] ?? 0
    case 25:
      take(reader, 2)
      return view.getUint16(at)
    case 26:
      take(reader, 4)
      return view.getUint32(at)
    case 27:
      take(reader, 8)
      return Number(view.getBigUint64(at))
    default:
      throw wrong(reader, 'a length or number has no known form')
  }
}

function take(reader: Reader, length: number): Uint8Array {
  const { at, bytes } = reader
  if (at + length > bytes.length) throw wrong(reader, 'it ends too early')
  reader.at += length
  return bytes.subarray(at, at + length)
}

function decodeBytes(reader: Reader, minor: number, depth: number): Uint8Array {
  if (minor !== indefinite) return new Uint8Array(take(reader, argument(reader, minor)))
  const parts = decodeItems(reader, minor, () => decodeValue(reader, depth + 1))
  return new Uint8Array(Buffer.concat(parts.filter((part) => part instanceof Uint8Array)))
}

function decodeText(reader: Reader, minor: number, depth: number): string {
  if (minor !== indefinite) {
    const text = take(reader, argument(reader, minor))
    if (!isUtf8(text)) throw wrong(reader, 'a text is not in UTF-8')
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(text)
  }
  return decodeItems(reader, minor, () => decodeValue(reader, depth + 1)).join('')
}

/** Each takes at least a byte, so that a length that is made up finds its end soon. */
function decodeItems<Item>(reader: Reader, minor: number, decodeItem: () => Item): Item[] {
  const items: Item[] = []
  if (minor === indefinite) {
    while (reader.bytes[reader.at] !== breakByte) items.push(decodeItem())
    reader.at += 1
    return items
  }
  for (let left = argument(reader, minor); left > 0; left--) items.push(decodeItem())
  return items
}

function decodeEntry(reader: Reader, depth: number): readonly [string, unknown] {
  const key = decodeValue(reader, depth)
  if (typeof key !== 'string') throw wrong(reader, 'the key of a map is not a text')
  return [key, decodeValue(reader, depth)]
}

function decodeSimple(reader: Reader, minor: number): unknown {
  const { at, view } = reader
  switch (minor) {
    case 20:
      return false
    case 21:
      return true
    case 22:
      return null
    case 23:
      return undefined
    case 25:
      take(reader, 2)
      return halfFloat(view.getUint16(at))
    case 26:
      take(reader, 4)
      return view.getFloat32(at)
    case 27:
      take(reader, 8)
      return view.getFloat64(at)
    default:
      throw wrong(reader, 'a value has no known form')
  }
}

/** Sign, five bits of exponent, ten of fraction. */
function halfFloat(bits: number): number {
  const [sign, exponent, fraction] = [bits >> 15 === 1 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff]
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const wrong = ({ at }: Reader, what: string): Error => new Error(`${what} (at byte ${at})`)
