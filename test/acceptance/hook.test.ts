import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { acceptanceHook, type HookServices } from '../../src/acceptance/index.ts'
import { answerWith, startSite } from './a-site.ts'

const event = { DeploymentId: 'd-1', LifecycleEventHookExecutionId: 'execution-1' }
const variables = { BUCKET: 'lists', FILEPATH: 'acceptance_url_list.csv', ACCEPTANCE_THRESHOLD: '75' }

/** The hook with a list, and what it says to CodeDeploy and to its log. */
function hookWith(readObject: HookServices['readObject'], more: Readonly<Record<string, string>>) {
  const [reported, lines]: [string[], string[]] = [[], []]
  const services: HookServices = {
    readObject,
    reportVerdict: async ({ DeploymentId, LifecycleEventHookExecutionId }, status) => {
      reported.push(`${DeploymentId} ${LifecycleEventHookExecutionId} ${status}`)
    },
  }
  const log = (line: string): void => void lines.push(line)
  const hook = acceptanceHook({ variables: { ...variables, ...more }, services, log })
  return { hook, reported, lines }
}

const list =
  (...lines: readonly string[]) =>
  async () =>
    `${lines.join('\n')}\n`
/** As a function has it that may run so long. */
function context(milliseconds = 60_000) {
  const end = performance.now() + milliseconds
  return { getRemainingTimeInMillis: () => end - performance.now() }
}

async function site(t: TestContext): Promise<{ readonly ENDPOINT: string }> {
  const green = await startSite(t, ({ url = '' }, response) => {
    if (url.startsWith('/never')) return
    answerWith(response, url.startsWith('/broken') ? 500 : url.startsWith('/gone') ? 404 : 200)
  })
  return { ENDPOINT: green.url.replace('http://', '') }
}

test('a green that keeps the threshold succeeds, and CodeDeploy is told once', async (t) => {
  const { hook, reported, lines } = hookWith(list('/', '/a', '/gone,404', '/broken'), await site(t))
  assert.deepEqual(await hook(event, context()), { hookStatus: 'SUCCEEDED' })
  assert.deepEqual(reported, ['d-1 execution-1 Succeeded'])
  assert.equal(lines.at(-1), 'PASSED: 3 of 4 URLs passed (75 %), the threshold is 75 %.')
})

test('one that misses it fails, and the log ends with which URLs failed and how', async (t) => {
  const { hook, reported, lines } = hookWith(list('/', '/broken/1', '/broken/2', '/gone'), await site(t))
  assert.deepEqual(await hook(event, context()), { hookStatus: 'FAILED' })
  assert.deepEqual(reported, ['d-1 execution-1 Failed'])
  assert.ok(lines.includes('2 × answered 500 instead of 200: /broken/1, /broken/2'), lines.join('\n'))
  assert.equal(lines.at(-1), 'NOT PASSED: 1 of 4 URLs passed (25 %), the threshold is 75 %.')
})

test('called by ECS it answers, and nobody else is told', async (t) => {
  const { hook, reported } = hookWith(list('/'), await site(t))
  assert.deepEqual(await hook({ executionDetails: {} }, context()), { hookStatus: 'SUCCEEDED' })
  assert.deepEqual(reported, [])
})

const unusable: readonly (readonly [string, HookServices['readObject'], Readonly<Record<string, string>>, RegExp])[] = [
  [
    'a list that is not there',
    () => Promise.reject(new Error('NoSuchKey')),
    {},
    /lists\/acceptance.* cannot be read: NoSuchKey/,
  ],
  ['an empty list', list(''), {}, /has no URL in it/],
  ['a malformed list', list('/', 'nonsense'), {}, /cannot be understood: line 2: 'nonsense' is no path/],
  ['a threshold that is none', list('/'), { ACCEPTANCE_THRESHOLD: 'most' }, /ACCEPTANCE_THRESHOLD is 'most'/],
  ['an endpoint that is none', list('/'), { ENDPOINT: 'green:80/path' }, /more than an endpoint/],
  [
    'how to compare and not with what',
    list('/'),
    { ACCEPTANCE_COMPARE_BODY: 'json' },
    /ACCEPTANCE_COMPARE_BODY says how to compare, and ACCEPTANCE_COMPARE_WITH does not say with what/,
  ],
  [
    'an S3 that throws',
    () => {
      throw new Error('broken')
    },
    {},
    /broken/,
  ],
]
for (const [what, readObject, more, text] of unusable) {
  test(`with ${what} green has failed, and CodeDeploy is told once, why`, async (t) => {
    const { hook, reported, lines } = hookWith(readObject, { ...(await site(t)), ...more })
    assert.deepEqual(await hook(event, context()), { hookStatus: 'FAILED' })
    assert.deepEqual(reported, ['d-1 execution-1 Failed'])
    assert.match(lines.at(-1) ?? '', text)
  })
}

test('before its time-out it ends, and judges by what it has seen only where that is enough', async (t) => {
  const paths = Array.from({ length: 2_000 }, (_, at) => `/${at}`)
  const slowly = { ...(await site(t)), ACCEPTANCE_REQUESTS_PER_SECOND: '200' }
  const few = hookWith(list(...paths), { ...slowly, ACCEPTANCE_THRESHOLD: '99.9' })
  assert.deepEqual(await few.hook(event, context(2_000)), { hookStatus: 'FAILED' })
  assert.deepEqual(few.reported, ['d-1 execution-1 Failed'])
  assert.match(few.lines.at(-1) ?? '', /^NOT PASSED: .* there was no time for [\d,]+ of the 2,000/)

  const enough = hookWith(list(...paths), { ...slowly, ACCEPTANCE_THRESHOLD: '90' })
  assert.deepEqual(await enough.hook(event, context(2_000)), { hookStatus: 'SUCCEEDED' })
  assert.match(enough.lines.at(-1) ?? '', /^PASSED: .* is enough to say that it is kept\.$/)
})

test('what was not answered when time ran out, after longer than all the others, has failed', async (t) => {
  const paths = Array.from({ length: 200 }, (_, at) => `/${at}`)
  const never = Array.from({ length: 10 }, (_, at) => `/never/${at}`)
  const strict = { ...(await site(t)), ACCEPTANCE_THRESHOLD: '96' }
  const { hook, reported, lines } = hookWith(list(...paths, ...never), strict)
  assert.deepEqual(await hook(event, context(6_000)), { hookStatus: 'FAILED' })
  assert.deepEqual(reported, ['d-1 execution-1 Failed'])
  assert.match(lines.at(-1) ?? '', /^NOT PASSED: 200 of 210 URLs passed \(95\.24 %\), the threshold is 96 %\.$/)
})

test('an S3 that never answers leaves time to tell CodeDeploy', async (t) => {
  const { hook, reported, lines } = hookWith(() => new Promise(() => {}), await site(t))
  const limits = context(6_000)
  assert.deepEqual(await hook(event, limits), { hookStatus: 'FAILED' })
  assert.ok(limits.getRemainingTimeInMillis() > 0)
  assert.deepEqual(reported, ['d-1 execution-1 Failed'])
  assert.match(lines.at(-1) ?? '', /nothing came of it within 5\.\d s, and the time-out was near/)
})

test('what goes wrong where nobody looks is a verdict too, and the listeners of the runtime are there again', async (t) => {
  const before = process.listenerCount('unhandledRejection')
  const { hook, reported, lines } = hookWith(
    () => {
      void Promise.reject(new Error('astray'))
      return new Promise(() => {})
    },
    await site(t),
  )
  assert.deepEqual(await hook(event, context()), { hookStatus: 'FAILED' })
  assert.deepEqual(reported, ['d-1 execution-1 Failed'])
  assert.match(lines.at(-1) ?? '', /it could not be judged: astray/)
  assert.equal(process.listenerCount('unhandledRejection'), before)
})
