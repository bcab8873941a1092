import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UrlCensus } from '../../src/acceptance/url-census.ts'
import type { ListedUrl } from '../../src/acceptance/index.ts'

const day = (number: number): number => Date.UTC(2026, 10, number, 12)
const ageing = { halfLifeDays: 7, keepDays: 30 }

function censusOf(
  requests: Iterable<readonly [string, number?]>,
  { most = 100, seed = 1, time = day(20) } = {},
): UrlCensus {
  const census = new UrlCensus({ most, seed })
  for (const [path, status = 200] of requests) census.add({ path, status, time, host: '' })
  return census
}

function* times(count: number, make: (at: number) => readonly [string, number?]): Iterable<readonly [string, number?]> {
  for (let at = 0; at < count; at++) yield make(at)
}

const pathsOf = (census: UrlCensus): readonly string[] => census.list().urls.map(({ path }) => path)
const find = (census: UrlCensus, path: string): ListedUrl | undefined =>
  census.list().urls.find((url) => url.path === path)

/** A site with some pages, and far more of two kinds than a list can have. */
function* bigSite(): Iterable<readonly [string, number?]> {
  yield* times(20_000, (at) => [`/articles/title-number-${at}-of-many`])
  yield* times(20_000, (at) => [`/users/name${at}/profile`])
  yield* times(500, () => ['/'])
  yield ['/imprint']
  yield ['/feeds/2024-01-01/old.xml']
}

test('of a site with more URLs than a list may have, every shape is covered, the rare ones too', () => {
  const { urls, shapes } = censusOf(bigSite(), { most: 60 }).list()
  assert.equal(urls.length, 60)
  assert.equal(shapes, 5)
  const counts = Object.groupBy(urls, ({ shape = '' }) => shape)
  assert.deepEqual(Object.keys(counts).toSorted(), [
    '/',
    '/articles/:slug',
    '/feeds/:date/old.xml',
    '/imprint',
    '/users/*/profile',
  ])
  assert.ok((counts['/articles/:slug']?.length ?? 0) > 20 && (counts['/users/*/profile']?.length ?? 0) > 20)
  assert.deepEqual(urls[0], { path: '/', expected: [200], weight: 500, shape: '/', lastSeen: '2026-11-20T12:00:00Z' })
})

test('the most requested ones are in the list, and the rest of it is for the others', () => {
  const requests = [...times(2_000, (at) => [`/item/${at}`]), ...times(3_000, (at) => [`/item/${at % 30}`])]
  const paths = new Set(pathsOf(censusOf(requests, { most: 100 })))
  for (let at = 0; at < 30; at++) assert.ok(paths.has(`/item/${at}`), `/item/${at}`)
  assert.equal(paths.size, 100)
})

test('the same requests and seed make the same list, another seed another choice of the rare ones', () => {
  const [one, same] = [pathsOf(censusOf(bigSite(), { most: 60 })), pathsOf(censusOf(bigSite(), { most: 60 }))]
  assert.deepEqual(one, same)
  assert.notDeepEqual(one, pathsOf(censusOf(bigSite(), { most: 60, seed: 2 })))
})

test('a URL expects what it was always answered, or any of what it was answered often', () => {
  const census = censusOf([
    ...times(3, () => ['/moved', 301] as const),
    ...times(2, () => ['/missing', 404] as const),
    ...times(60, () => ['/mostly'] as const),
    ['/mostly', 404],
    ['/both', 404],
    ['/both', 200],
    ['/both', 200],
  ])
  assert.deepEqual(find(census, '/moved')?.expected, [301])
  assert.deepEqual(find(census, '/missing')?.expected, [404])
  assert.deepEqual(find(census, '/mostly')?.expected, [200])
  assert.deepEqual(find(census, '/both')?.expected, [200, 404])
})

test('a former list is taken over with its weights aged, the newest word about a status holds, and the old is forgotten', () => {
  const census = censusOf([['/again', 404]], { time: day(21) })
  const former: readonly ListedUrl[] = [
    { path: '/again', expected: [200], weight: 8, lastSeen: '2026-11-14T12:00:00Z' },
    { path: '/rare', expected: [301], weight: 4, lastSeen: '2026-11-01T12:00:00Z' },
    { path: '/forgotten', expected: [200], weight: 9, lastSeen: '2026-10-01T12:00:00Z' },
    { path: '/by-hand', expected: [418] },
  ]
  assert.deepEqual(census.merge(former, ageing), { kept: 3, forgotten: 1 })
  assert.deepEqual(
    census.list().urls.map(({ path, expected, weight }) => [path, expected, weight]),
    [
      ['/again', [404], 5],
      ['/rare', [301], 2],
      ['/by-hand', [418], 1],
    ],
  )
})

test('day after day a list keeps what was written into it by hand, and stays within its limit', () => {
  let list: readonly ListedUrl[] = [{ path: '/by/hand' }]
  for (let number = 1; number <= 5; number++) {
    const requests = times(2_000, (at) => [`/day${number}/page-${at}`])
    const census = censusOf(requests, { most: 50, time: day(number) })
    census.merge(list, ageing)
    list = census.list().urls
    assert.equal(list.length, 50)
    assert.ok(list.some(({ path, lastSeen }) => path === '/by/hand' && lastSeen === undefined))
  }
})

test('whatever clients ask for, there are no more shapes than have room', () => {
  const { urls, shapes } = censusOf(hostile(), { most: 200 }).list()
  assert.equal(urls.length, 200)
  assert.ok(shapes <= 100, `${shapes} shapes`)
})

test('a URL is in the list once, also beside one whose parameter is called as all parameters together are', () => {
  const paths = pathsOf(censusOf([['/x?a=1'], ['/x?*'], ['/x?a=1'], ['/x?b=1']]))
  assert.deepEqual(paths.toSorted(), ['/x?*', '/x?a=1', '/x?b=1'])
})

function* hostile(): Iterable<readonly [string, number?]> {
  let state = 7
  const next = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0)
  for (let at = 0; at < 20_000; at++) {
    const depth = 1 + (next() % 20)
    const path = Array.from({ length: depth }, () => `w${(next() >>> 8) % 300}`).join('/')
    yield [`/${path}${next() % 3 === 0 ? `?p${(next() >>> 8) % 1000}=1` : ''}`, 404]
  }
}
