import { StringDecoder } from 'node:string_decoder'
import type { Clock, OutputBatch, OutputLine } from '../engine/ports.ts'
import type { DockerApi } from './docker-api.ts'
import { dockerFrames } from './docker-frames.ts'
import type { DockerFrame } from './docker-frames.ts'

type Sink = (batch: OutputBatch) => Promise<void>

/** The output is kept by Docker, this much of it; what is older is cut away. */
export const dockerLogConfig = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } }

const longestLineBytes = 256 * 1024
const mostBatchLines = 1_000
/** Messages of stdout and stderr may lie a little out of order, by their times. */
const overlapMilliseconds = 100
const mostTimes = 10_000
const giveUpMilliseconds = 2_000

/** The last lines, oldest first; lines longer than 2,000 characters are cut. */
export async function dockerLogTail(api: DockerApi, container: string, lines: number): Promise<readonly string[]> {
  const query = { stdout: 1, stderr: 1, tail: lines }
  const answer = await api.stream('GET', `/containers/${container}/logs`, { query })
  const texts: string[] = []
  for await (const { payload } of dockerFrames(answer)) texts.push(payload.toString('utf8'))
  const all = texts.join('').split(/\r?\n/)
  if (all.at(-1) === '') all.pop()
  return all.slice(-lines).map((line) => line.slice(0, 2_000))
}

/**
 * Hands on what a container writes until it has ended. A position is the time of the last message that was handed on, as
 * Docker wrote it, and the number of messages with this very time: `2026-01-01T00:00:00.123456789Z/1`.
 */
export async function followDockerLog(
  api: DockerApi,
  container: string,
  following: {
    readonly position: string | undefined
    readonly sink: Sink
    readonly signal: AbortSignal
    readonly clock: Clock
    readonly hasEnded: () => Promise<boolean>
  },
): Promise<void> {
  const { sink, signal, hasEnded } = following
  let position = following.position
  const handOn: Sink = async (batch) => {
    await sink(batch)
    position = batch.position
  }
  for (;;) {
    signal.throwIfAborted()
    // In this order: what is found ended has written all it ever will.
    const isOver = await hasEnded()
    await read(api, container, { position, sink: handOn, signal, isFollowing: !isOver })
    if (isOver) return
    // Docker ends the answer when the container has ended; or it has ended itself.
    await following.clock.sleep(50, signal)
  }
}

type Reading = {
  readonly position: string | undefined
  readonly sink: Sink
  readonly signal: AbortSignal
  readonly isFollowing: boolean
}

async function read(
  api: DockerApi,
  container: string,
  { position, sink, signal, isFollowing }: Reading,
): Promise<void> {
  const start = readPosition(position)
  const query = {
    stdout: 1,
    stderr: 1,
    timestamps: 1,
    follow: isFollowing ? 1 : 0,
    ...(start && { since: start.since }),
  }
  const answer = await api.stream('GET', `/containers/${container}/logs`, { query, signal })
  const lines = new Lines()
  const skip = new Skip(start)
  try {
    for await (const frame of dockerFrames(answer)) {
      const message = readMessage(frame)
      if (message === undefined) continue
      lines.count(message)
      if (skip.has(message.time)) continue
      lines.add(message)
      const isMore = answer.readableLength > 0 && lines.length < mostBatchLines
      if (!isMore) await lines.handOn(sink)
    }
    lines.end()
    await lines.handOn(sink)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    answer.destroy()
  }
}

/** One message of Docker's: a line, or a part of 16 KiB of a longer one, which then has no line feed. */
type Message = { readonly stream: DockerFrame['stream']; readonly time: string; readonly bytes: Buffer }

function readMessage({ stream, payload }: DockerFrame): Message | undefined {
  const space = payload.indexOf(0x20)
  if (space < 0) return undefined
  return { stream, time: payload.toString('latin1', 0, space), bytes: payload.subarray(space + 1) }
}

type Start = { readonly time: string; readonly count: number; readonly since: string }

function readPosition(position: string | undefined): Start | undefined {
  if (position === undefined) return undefined
  const [time = '', count = '1'] = position.split('/')
  const since = Math.max(0, Date.parse(time) - overlapMilliseconds)
  return { time, count: Number(count), since: (since / 1000).toFixed(3) }
}

/** Leaves out what was handed on before: everything up to the position, in the order in which Docker keeps it. */
class Skip {
  readonly #time: string | undefined
  #left: number

  constructor(start: Start | undefined) {
    this.#time = start?.time
    this.#left = start?.count ?? 0
  }

  has(time: string): boolean {
    if (this.#left === 0 || this.#time === undefined) return false
    if (time === this.#time) {
      this.#left -= 1
      return true
    }
    // The message of the position was cut away with older ones.
    if (Date.parse(time) > Date.parse(this.#time) + giveUpMilliseconds) this.#left = 0
    return this.#left > 0
  }
}

type OpenLine = { readonly time: string; readonly parts: Buffer[]; bytes: number }

/** Puts lines together of messages. Lines are given away only when none is open, so that a position is never inside one. */
class Lines {
  readonly #open = new Map<DockerFrame['stream'], OpenLine>()
  #lines: OutputLine[] = []
  /** How many messages of each time there were. The parts of a long line have one time, and others lie between them. */
  readonly #counts = new Map<string, number>()
  #time = ''

  get length(): number {
    return this.#lines.length
  }

  count({ time }: Message): void {
    this.#counts.set(time, (this.#counts.get(time) ?? 0) + 1)
    const [oldest] = this.#counts.keys()
    if (this.#counts.size > mostTimes && oldest !== undefined) this.#counts.delete(oldest)
  }

  add({ stream, time, bytes }: Message): void {
    this.#time = time
    const line = this.#open.get(stream) ?? { time, parts: [], bytes: 0 }
    const isEnd = bytes.at(-1) === 0x0a
    line.parts.push(isEnd ? bytes.subarray(0, -1) : bytes)
    line.bytes += bytes.length
    this.#open.set(stream, line)
    if (isEnd || line.bytes >= longestLineBytes) this.#close(stream, line)
  }

  /** What is open has no line feed, and never will. */
  end(): void {
    for (const [stream, line] of this.#open) this.#close(stream, line)
  }

  async handOn(sink: Sink): Promise<void> {
    if (this.#open.size > 0 || this.#lines.length === 0) return
    const lines = this.#lines
    this.#lines = []
    await sink({ lines, position: `${this.#time}/${this.#counts.get(this.#time) ?? 1}` })
  }

  #close(stream: DockerFrame['stream'], { time, parts }: OpenLine): void {
    this.#open.delete(stream)
    const message = new StringDecoder('utf8').end(Buffer.concat(parts)).replace(/\r$/, '')
    this.#lines.push({ timestamp: Date.parse(time), message })
  }
}
