import { defaultHandling } from '../../src/domain/routing-table.ts'
import { AnswerBody, answerBody, AnswerScan, scanAnswer } from '../../src/router/answer-scan.ts'
import { brokenChunks, ChunkScan, scanChunks } from '../../src/router/chunk-scan.ts'
import { asItIs, ClientHead, clientHeadRoom, writeClientHead } from '../../src/router/client-head.ts'
import { desyncVerdict } from '../../src/router/desync.ts'
import { complete, incomplete, RequestScan, scanRequest } from '../../src/router/request-scan.ts'
import { targetHeadRoom, writeTargetHead } from '../../src/router/target-head.ts'
import { TargetHeadContext, TargetHeadPlaces } from '../../src/router/target-head-context.ts'
import { TraceIds } from '../../src/router/trace-ids.ts'
import type { ReadMessage } from './node-reading.ts'
import { client } from '../router/plain-client.ts'

/** What the router makes of the bytes of one client's connection. */
export type RouterReading = {
  readonly messages: readonly ReadMessage[]
  /** What targets are sent for them, one after the other. */
  readonly forwarded: Buffer
  /** Method, and target as the targets get it. */
  readonly forwardedStarts: readonly string[]
  /** How it ended: the connection's last request, a refusal, more bytes needed, or nothing left over. */
  readonly end: 'closes' | 'refused' | 'incomplete' | 'all'
  /** Why `node:http` may see what the client sent differently. */
  readonly differences: ReadonlySet<DeliberateDifference>
}

/** Everything in which the router means to differ from `node:http`. */
export type DeliberateDifference =
  /** Load balancers pass on every method in capital letters; `node:http` has a list. */
  | 'unknown method'
  /** Load balancers take it for no coding at all; the router closes behind it. `node:http` refuses it. */
  | 'Transfer-Encoding: identity'
  /** The router takes the header away and goes on; `node:http` drops what came with the request. */
  | 'declined upgrade'

const context = new TargetHeadContext(client, 8080, defaultHandling, new TraceIds(), new TargetHeadPlaces())
const scan = new RequestScan()
const chunks = new ChunkScan()

export function readByRouter(input: Buffer, knownMethods: ReadonlySet<string>): RouterReading {
  const messages: ReadMessage[] = []
  const forwarded: Buffer[] = []
  const forwardedStarts: string[] = []
  const differences = new Set<DeliberateDifference>()
  let at = 0
  const done = (end: RouterReading['end']): RouterReading => ({
    messages,
    forwarded: Buffer.concat(forwarded),
    forwardedStarts,
    end,
    differences,
  })
  while (at < input.length) {
    const result = scanRequest(input, at, input.length, scan)
    if (result === incomplete) return done('incomplete')
    if (result !== complete) return done('refused')
    const method = input.toString('latin1', scan.methodStart, scan.methodEnd)
    if (!knownMethods.has(method)) differences.add('unknown method')
    if (scan.hasTransferEncoding && !scan.isChunked) differences.add('Transfer-Encoding: identity')
    if (scan.asksUpgrade && !scan.isWebSocket) differences.add('declined upgrade')
    const head = Buffer.alloc(targetHeadRoom(scan))
    const headLength = writeTargetHead(input, scan, context, head)
    const body = readBody(input, scan)
    if (body.kind !== 'whole') return done(body.kind)
    messages.push({
      start: `${method} ${input.toString('latin1', scan.targetStart, scan.targetEnd)}`,
      body: body.data.toString('hex'),
    })
    const { places } = context
    forwardedStarts.push(`${method} ${head.toString('latin1', places.uriStart, places.uriEnd)}`)
    forwarded.push(head.subarray(0, headLength), input.subarray(scan.end, body.end))
    at = body.end
    const isLast = desyncVerdict(scan.desyncReason, defaultHandling.desyncMitigationMode) === 'forward-and-close'
    if (scan.closes || scan.isWebSocket || isLast) return done('closes')
  }
  return done('all')
}

type ReadBody =
  { readonly kind: 'whole'; readonly data: Buffer; readonly end: number } | { readonly kind: 'incomplete' | 'refused' }

function readBody(input: Buffer, { end, isChunked, contentLength }: RequestScan): ReadBody {
  if (isChunked) return readChunks(input, end)
  const bodyEnd = end + Math.max(contentLength, 0)
  if (bodyEnd > input.length) return { kind: 'incomplete' }
  return { kind: 'whole', data: input.subarray(end, bodyEnd), end: bodyEnd }
}

function readChunks(input: Buffer, start: number): ReadBody {
  chunks.restart(true)
  const data: Buffer[] = []
  let at = start
  while (at < input.length && !chunks.isDone) {
    at = scanChunks(chunks, input, at, input.length)
    if (at === brokenChunks) return { kind: 'refused' }
    data.push(input.subarray(chunks.dataStart, chunks.dataEnd))
  }
  return chunks.isDone ? { kind: 'whole', data: Buffer.concat(data), end: at } : { kind: 'incomplete' }
}

const answer = new AnswerScan()
const clientHead = new ClientHead()

/** An answer, where its last byte is, and whether that can only be told by the connection's end. */
export type ReadAnswer = {
  readonly message: ReadMessage
  readonly end: number
  readonly hasEnd: boolean
  /** What the client is sent for it. */
  readonly forwarded: Buffer
}

/** What the router makes of a target's bytes; undefined where there is no whole answer, or one that is only interim. */
export function readAnswerByRouter(input: Buffer, method: string): ReadAnswer | undefined {
  if (scanAnswer(input, 0, input.length, answer) !== complete || answer.statusCode < 200) return undefined
  const kind = answerBody(answer, method === 'HEAD')
  const body = readAnswerBody(input, kind)
  if (body.kind !== 'whole') return undefined
  const message = { start: String(answer.statusCode), body: body.data.toString('hex') }
  const hasEnd = kind === AnswerBody.untilClose
  return {
    message,
    end: body.end,
    hasEnd,
    forwarded: Buffer.concat([headForClient(input, hasEnd), input.subarray(answer.end, body.end)]),
  }
}

function headForClient(input: Buffer, closes: boolean): Buffer {
  clientHead.closes = closes
  const head = Buffer.alloc(clientHeadRoom(answer, clientHead))
  const length = writeClientHead(input, answer, clientHead, head)
  return length === asItIs ? input.subarray(answer.start, answer.end) : head.subarray(0, length)
}

function readAnswerBody(input: Buffer, kind: number): ReadBody {
  const { end, contentLength } = answer
  if (kind === AnswerBody.chunked) return readChunks(input, end)
  const bodyEnd = kind === AnswerBody.none ? end : kind === AnswerBody.length ? end + contentLength : input.length
  if (bodyEnd > input.length) return { kind: 'incomplete' }
  return { kind: 'whole', data: input.subarray(end, bodyEnd), end: bodyEnd }
}
