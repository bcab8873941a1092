import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatUrlList, parseUrlList, UrlListError, type ListedUrl } from '../../src/acceptance/index.ts'

test('a list is lines of paths, with or without what else is known', () => {
  const text = '\uFEFF/\r\n"/a,b?c=""d""",301\n\n/e,200|404,12.5,/e,2026-11-20\n/\u00e4 b,,3\n'
  assert.deepEqual(parseUrlList(text), [
    { path: '/' },
    { path: '/a,b?c="d"', expected: [301] },
    { path: '/e', expected: [200, 404], weight: 12.5, shape: '/e', lastSeen: '2026-11-20' },
    { path: '/%C3%A4%20b', weight: 3 },
  ])
})

test('a first line with names says in which order the columns stand', () => {
  assert.deepEqual(parseUrlList('path,weight,status\n/,7,404\n'), [{ path: '/', weight: 7, expected: [404] }])
})

test('what is written is read as it was', () => {
  const urls: readonly ListedUrl[] = [
    { path: '/' },
    { path: '/a,"b"', expected: [301] },
    { path: '/c', weight: 0.25, shape: '/:word,x', lastSeen: '2026-11-20T23:59:58Z' },
  ]
  assert.equal(formatUrlList(urls), '/\n"/a,""b""",301\n/c,,0.25,"/:word,x",2026-11-20T23:59:58Z\n')
  assert.deepEqual(parseUrlList(formatUrlList(urls)), urls)
})

test('what cannot be understood is refused with its line', () => {
  for (const [text, message] of [
    ['/\nhttp://host/', /^line 2: 'http:\/\/host\/' is no path/],
    ['/\n"/a\n\n/b', /^line 2: a quoted cell does not end/],
    ['"/a"b', /^line 1: a quoted cell goes on/],
    ['/a,often', /^line 1: 'often' is no status/],
    ['/a,200,-1', /^line 1: '-1' is no weight/],
    ['/a,200,1,/a,soon', /^line 1: 'soon' is no time/],
    ['/a,200,1,/a,2026-11-20,more', /^line 1: 6 cells/],
    ['path,colour\n/a', /^line 1: there is no column 'colour'/],
  ] as const) {
    assert.throws(
      () => parseUrlList(text),
      (error) => error instanceof UrlListError && message.test(error.message),
      text,
    )
  }
})
