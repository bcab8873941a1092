/** Of all connections together. */
const mostBytes = 64 * 1024

/** A connection that is told its records together. */
export type RecordsReader = {
  /** Some wait to be told. */
  hasRecords: boolean
  /** `areAll` where nothing else has come to the connection so far. The bytes are its own only until it returns. */
  onRecords(bytes: Buffer, start: number, end: number, areAll: boolean): void
}

const gathered = Buffer.allocUnsafeSlow(mostBytes)
let filled = 0
/** Whose they are, and where they lie. */
const readers: RecordsReader[] = []
const starts: number[] = []
const ends: number[] = []
/** How many of them have been told. */
let told = 0
let isScheduled = false

/**
 * TLS brings an answer record by record, and each would be a write to the client; one of 16 KiB and its head are two. What
 * comes in one turn of the event loop is therefore put together, and told when all of it has come: nothing that lies behind
 * an answer can be taken for the next one then either.
 *
 * Memory: 64 KiB for all connections.
 */
export const GatheredRecords = {
  /** To be called before `add`: where there is no room behind what the reader has, all is told at once. */
  makeRoom(reader: RecordsReader, count: number): void {
    const isLast = readers[readers.length - 1] === reader
    if (filled + count > mostBytes || (reader.hasRecords && !isLast)) GatheredRecords.tell()
  },

  add(reader: RecordsReader, bytes: Buffer, count: number): void {
    if (reader.hasRecords) ends[ends.length - 1] = filled + count
    else {
      reader.hasRecords = true
      readers.push(reader)
      starts.push(filled)
      ends.push(filled + count)
    }
    bytes.copy(gathered, filled, 0, count)
    filled += count
    if (isScheduled) return
    isScheduled = true
    setImmediate(tellAll)
  },

  /** At once: something that comes behind them is about to be told. */
  tell(): void {
    tell(false)
  },
}

function tellAll(): void {
  isScheduled = false
  tell(true)
}

function tell(areAll: boolean): void {
  try {
    while (told < readers.length) tellNext(areAll)
  } finally {
    if (told < readers.length) setImmediate(tellAll)
    else forget()
  }
}

function tellNext(areAll: boolean): void {
  const place = told++
  const reader = readers[place]
  if (reader === undefined) return
  reader.hasRecords = false
  reader.onRecords(gathered, starts[place] ?? 0, ends[place] ?? 0, areAll)
}

function forget(): void {
  readers.length = starts.length = ends.length = told = filled = 0
}
