import {
  ascii,
  carriageReturn,
  colon,
  hexDigits,
  isBlank,
  lineFeed,
  lowerLetter,
  semicolon,
  startsWithWord,
  tokenBytes,
  valueBytes,
} from './bytes.ts'

/** Where in a chunked body the next byte belongs. */
const Part = {
  /** The first digit of a chunk's size, which must be there. */
  firstDigit: 0,
  size: 1,
  /** The first character of an extension's name, which must be there. */
  extensionStart: 2,
  extensionName: 3,
  valueStart: 4,
  value: 5,
  quoted: 6,
  escaped: 7,
  quotedEnd: 8,
  sizeLineFeed: 9,
  data: 10,
  dataReturn: 11,
  dataLineFeed: 12,
  /** A trailer's name, or the end. */
  trailerStart: 13,
  trailerName: 14,
  trailerValue: 15,
  trailerLineFeed: 16,
  lastLineFeed: 17,
  done: 18,
} as const

/** 2^52 bytes, with which a number still counts exactly. */
const mostSizeDigits = 13
/** Of one message: extensions mean nothing to anybody, and a byte of data can be made to cost many of them. */
const mostExtensionBytes = 16 * 1024
const mostTrailerBytes = 16 * 1024
const longestForbiddenName = 24

/**
 * How far a chunked body has been read. Begin a body with `restart`. Bytes are passed on as they are, so the grammar is
 * as narrow as can be: no white space but in quotes and trailers, no line end but CR LF.
 */
export class ChunkScan {
  /** The body's last byte has been read. */
  isDone = false
  /** Set by `restart`: data is to be handed out without its frames, for clients of HTTP/1.0. */
  stopsAtData = false
  /** With `stopsAtData`: where the data lies that was read last; empty where there was none. */
  dataStart = 0
  dataEnd = 0
  part: number = Part.firstDigit
  /** Of the chunk: its size so far, then what is missing of its data. */
  remaining = 0
  digits = 0
  extensionBytes = 0
  trailerBytes = 0
  /** The trailer's name, in lower case and with hyphens for underscores; only so much as can be forbidden. */
  readonly name = Buffer.alloc(longestForbiddenName)
  nameLength = 0

  restart(stopsAtData = false): void {
    this.isDone = false
    this.stopsAtData = stopsAtData
    this.dataStart = 0
    this.dataEnd = 0
    this.part = Part.firstDigit
    this.remaining = 0
    this.digits = 0
    this.extensionBytes = 0
    this.trailerBytes = 0
    this.nameLength = 0
  }
}

/** The body is not what it says. Nothing behind this can be trusted. */
export const brokenChunks = -1

/**
 * Reads on between `start` and `end`. Returns where the body's bytes end: `end`, or before it where the body is done or,
 * with `stopsAtData`, where a piece of data is. Returns `brokenChunks` for what is no chunked body, has a size of more
 * than 13 digits, more than 16 KiB of extensions or of trailers, or a trailer that could change how the message is
 * understood: one of framing, routing, authority or of the load balancer's own.
 */
export function scanChunks(scan: ChunkScan, bytes: Buffer, start: number, end: number): number {
  let at = start
  scan.dataStart = scan.dataEnd = start
  while (at < end && !scan.isDone) {
    if (scan.part === Part.data) {
      const length = Math.min(scan.remaining, end - at)
      scan.remaining -= length
      if (scan.remaining === 0) scan.part = Part.dataReturn
      if (scan.stopsAtData) {
        scan.dataStart = at
        scan.dataEnd = at + length
        return at + length
      }
      at += length
    } else {
      const part = nextPart(scan, bytes[at] ?? 0)
      if (part < 0) return brokenChunks
      scan.part = part
      at++
      if (part === Part.done) scan.isDone = true
    }
  }
  return at
}

/** What the byte behind this one belongs to; `brokenChunks` where this one may not be here. */
function nextPart(scan: ChunkScan, byte: number): number {
  switch (scan.part) {
    case Part.firstDigit:
      scan.remaining = 0
      scan.digits = 0
      return takeDigit(scan, byte)
    case Part.size:
      if (byte === carriageReturn) return Part.sizeLineFeed
      return byte === semicolon ? Part.extensionStart : takeDigit(scan, byte)
    case Part.sizeLineFeed:
      if (byte !== lineFeed) return brokenChunks
      return scan.remaining === 0 ? Part.trailerStart : Part.data
    case Part.dataReturn:
      return byte === carriageReturn ? Part.dataLineFeed : brokenChunks
    case Part.dataLineFeed:
      return byte === lineFeed ? Part.firstDigit : brokenChunks
    case Part.lastLineFeed:
      return byte === lineFeed ? Part.done : brokenChunks
    case Part.trailerStart:
    case Part.trailerName:
    case Part.trailerValue:
    case Part.trailerLineFeed:
      return ++scan.trailerBytes > mostTrailerBytes ? brokenChunks : nextOfTrailer(scan, byte)
    default:
      return ++scan.extensionBytes > mostExtensionBytes ? brokenChunks : nextOfExtension(scan, byte)
  }
}

function takeDigit(scan: ChunkScan, byte: number): number {
  const digit = (hexDigits[byte] ?? 0) - 1
  if (digit < 0 || ++scan.digits > mostSizeDigits) return brokenChunks
  scan.remaining = scan.remaining * 16 + digit
  return Part.size
}

/** `;name`, `;name=value`, `;name="quoted value"`. */
function nextOfExtension(scan: ChunkScan, byte: number): number {
  switch (scan.part) {
    case Part.extensionStart:
      return tokenBytes[byte] === 0 ? brokenChunks : Part.extensionName
    case Part.extensionName:
      if (tokenBytes[byte] !== 0) return Part.extensionName
      return byte === 0x3d ? Part.valueStart : behindExtension(byte)
    case Part.valueStart:
      if (byte === 0x22) return Part.quoted
      return tokenBytes[byte] === 0 ? brokenChunks : Part.value
    case Part.value:
      return tokenBytes[byte] === 0 ? behindExtension(byte) : Part.value
    case Part.quoted:
      if (byte === 0x22) return Part.quotedEnd
      if (byte === 0x5c) return Part.escaped
      return valueBytes[byte] === 0 ? brokenChunks : Part.quoted
    case Part.escaped:
      return valueBytes[byte] === 0 ? brokenChunks : Part.quoted
    default:
      return behindExtension(byte)
  }
}

function behindExtension(byte: number): number {
  if (byte === semicolon) return Part.extensionStart
  return byte === carriageReturn ? Part.sizeLineFeed : brokenChunks
}

function nextOfTrailer(scan: ChunkScan, byte: number): number {
  switch (scan.part) {
    case Part.trailerStart:
      if (byte === carriageReturn) return Part.lastLineFeed
      scan.nameLength = 0
      return takeTrailerName(scan, byte)
    case Part.trailerName:
      if (byte !== colon) return takeTrailerName(scan, byte)
      return isForbiddenTrailer(scan) ? brokenChunks : Part.trailerValue
    case Part.trailerValue:
      if (byte === carriageReturn) return Part.trailerLineFeed
      return valueBytes[byte] === 0 && !isBlank(byte) ? brokenChunks : Part.trailerValue
    default:
      return byte === lineFeed ? Part.trailerStart : brokenChunks
  }
}

function takeTrailerName(scan: ChunkScan, byte: number): number {
  if (tokenBytes[byte] === 0) return brokenChunks
  if (scan.nameLength < longestForbiddenName) scan.name[scan.nameLength] = byte === 0x5f ? 0x2d : lowerLetter(byte)
  scan.nameLength++
  return Part.trailerName
}

const forbiddenNames = [
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'expect',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]
const forbiddenPrefixes = ['x-forwarded-', 'x-amzn-']
const [nameBytes, prefixBytes] = [forbiddenNames.map(ascii), forbiddenPrefixes.map(ascii)]

/** No trailer may have such a name, which is given in lower case and with hyphens for underscores. */
export function isForbiddenTrailerName(name: string): boolean {
  return forbiddenNames.includes(name) || forbiddenPrefixes.some((prefix) => name.startsWith(prefix))
}

function isForbiddenTrailer(scan: ChunkScan): boolean {
  const { name, nameLength } = scan
  return (
    nameBytes.some((forbidden) => forbidden.length === nameLength && startsWithWord(name, 0, forbidden)) ||
    prefixBytes.some((prefix) => nameLength >= prefix.length && startsWithWord(name, 0, prefix))
  )
}
