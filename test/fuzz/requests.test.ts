import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { METHODS } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { complete, incomplete, RequestScan, scanRequest } from '../../src/router/request-scan.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { mutated } from './mutation.ts'
import { NodeServerReading, type ReadMessage } from './node-reading.ts'
import { readByRouter, type RouterReading } from './router-reading.ts'

type Corpus = readonly { readonly name: string; readonly text: string }[]
const corpus: Corpus = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'http', 'requests.json'), 'utf8'),
)
const texts = corpus.map(({ text }) => text)
const knownMethods: ReadonlySet<string> = new Set(METHODS)

/** Fixed numbers, so that a run is the same everywhere; together they take a few seconds. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121)
const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 300)
const requestsPerRound = 100

test('what the router takes for a request, node:http reads as the same request, and so does the target', async () => {
  const chance = new SeededChance(seed)
  const node = new NodeServerReading()
  const lies: string[] = []
  const target = new NodeServerReading((rawHeaders) => lies.push(...liesIn(rawHeaders)))
  let accepted = 0
  for (let round = 0; round < rounds; round++) {
    const inputs = Array.from({ length: requestsPerRound }, () => mutated(texts, chance))
    for (const input of inputs) assertSameInPieces(input, chance)
    accepted += await compare(node, target, round === 0 ? [...texts, ...inputs] : inputs)
  }
  assert.deepEqual(lies, [], `seed ${seed}: what a target was made to believe`)
  // Were nothing accepted, nothing would have been compared.
  assert.ok(accepted > rounds * requestsPerRound * 0.1, `only ${accepted} requests were accepted`)
})

async function compare(node: NodeServerReading, target: NodeServerReading, inputs: readonly string[]): Promise<number> {
  const bytes = inputs.map((text) => Buffer.from(text, 'latin1'))
  const byRouter = bytes.map((input) => readByRouter(input, knownMethods))
  const byNode = await node.read(bytes)
  const byTarget = await target.read(byRouter.map(({ forwarded }) => forwarded))
  byRouter.forEach((reading, index) => {
    const context = `seed ${seed}, input ${JSON.stringify(inputs[index])}`
    if (reading.differences.has('unknown method')) return
    if (reading.differences.size === 0) comparable(reading, byNode[index] ?? [], context)
    const asSent = reading.messages.map(({ body }, place) => ({ start: reading.forwardedStarts[place] ?? '', body }))
    assert.deepEqual(byTarget[index], asSent, `as the target reads it: ${context}`)
  })
  return byRouter.reduce((sum, { messages }) => sum + messages.length, 0)
}

/** Where the router refuses or closes, `node:http` may read on; everything before that must be the same. */
function comparable({ messages, end }: RouterReading, byNode: readonly ReadMessage[], context: string): void {
  const seen = end === 'refused' || end === 'closes' ? byNode.slice(0, messages.length) : byNode
  assert.deepEqual(seen, messages, context)
}

const whole = new RequestScan()
const part = new RequestScan()

/** A part of a request is incomplete, or comes to what the whole comes to. */
function assertSameInPieces(text: string, chance: SeededChance): void {
  const bytes = Buffer.from(text, 'latin1')
  const result = scanRequest(bytes, 0, bytes.length, whole)
  for (let piece = 0; piece < 4; piece++) {
    const length = chance.below(bytes.length + 1)
    const early = scanRequest(bytes, 0, length, part)
    const context = `seed ${seed}, ${length} bytes of ${JSON.stringify(text)}`
    if (result === complete) assert.equal(early, length < whole.end ? incomplete : complete, context)
    else assert.ok(early === incomplete || early === result, context)
  }
}

/**
 * Headers by which a client speaks in the load balancer's name, or to the target about a connection that is not its own.
 * Names are compared as programs behind CGI see them, where every odd character is the same.
 */
function liesIn(rawHeaders: readonly string[]): readonly string[] {
  const byName = new Map<string, string[]>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? '').toLowerCase().replaceAll(/[^a-z0-9]/g, '_')
    byName.set(name, [...(byName.get(name) ?? []), rawHeaders[at + 1] ?? ''])
  }
  const truths: readonly (readonly [name: string, value: RegExp])[] = [
    ['x_forwarded_for', /(^|, )192\.0\.2\.9$/],
    ['x_forwarded_proto', /^http$/],
    ['x_forwarded_port', /^8080$/],
    ['x_amzn_trace_id', /^(Root|Self)=1-[0-9a-f]{8}-[0-9a-f]{24}(;|$)/],
    ['host', /:\d*$/],
  ]
  const wrong = truths
    .filter(([name, value]) => byName.get(name)?.length !== 1 || !value.test(byName.get(name)?.[0] ?? ''))
    .map(([name]) => `${name}: ${JSON.stringify(byName.get(name))}`)
  const strays = ['keep-alive', 'te', 'trailer', 'proxy-connection', 'proxy-authorization', 'x-amzn-tls-version']
  const connection = byName.get('connection')?.join() ?? 'close'
  return [
    ...wrong,
    ...strays.filter((name) => rawHeaders.some((raw, at) => at % 2 === 0 && raw.toLowerCase() === name)),
    ...(['close', 'Upgrade'].includes(connection) ? [] : [`connection: ${connection}`]),
  ]
}
