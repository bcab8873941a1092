import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { SeededChance } from '../world/seeded-chance.ts'
import { mutated } from './mutation.ts'
import { readAnswerByNode } from './node-reading.ts'
import { readAnswerByRouter } from './router-reading.ts'

type Corpus = readonly { readonly name: string; readonly text: string }[]
const corpus: Corpus = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', 'fixtures', 'http', 'answers.json'), 'utf8'),
)
const texts = corpus.map(({ text }) => text)

const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_121)
const rounds = Number(process.env['FUZZ_ROUNDS'] ?? 300)
const answersPerRound = 50

test('what the router takes for an answer, node:http reads as the same answer, and so does the client', async () => {
  const chance = new SeededChance(seed)
  let accepted = 0
  for (let round = 0; round < rounds; round++) {
    const inputs = Array.from({ length: answersPerRound }, () => mutated(texts, chance))
    const all = round === 0 ? [...texts, ...inputs] : inputs
    const results = await Promise.all(all.map((text) => compare(text, chance.pick(['GET', 'GET', 'POST', 'HEAD']))))
    accepted += results.filter(Boolean).length
  }
  assert.ok(accepted > rounds * answersPerRound * 0.1, `only ${accepted} answers were accepted`)
})

/** True where the router would have passed the answer on. */
async function compare(text: string, method: string): Promise<boolean> {
  const input = Buffer.from(text, 'latin1')
  const byRouter = readAnswerByRouter(input, method)
  if (byRouter === undefined) return false
  const byNode = await readAnswerByNode(input.subarray(0, byRouter.end), method, byRouter.hasEnd)
  assert.deepEqual(byNode, byRouter.message, `seed ${seed}, ${method}, input ${JSON.stringify(text)}`)
  const byClient = await readAnswerByNode(byRouter.forwarded, method, byRouter.hasEnd)
  assert.deepEqual(
    byClient,
    byRouter.message,
    `as the client reads it: seed ${seed}, ${method}, input ${JSON.stringify(text)}`,
  )
  return true
}
