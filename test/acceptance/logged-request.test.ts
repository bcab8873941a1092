import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loggedRequest } from '../../src/acceptance/logged-request.ts'
import { logLine, type LogLineParts } from './a-log-line.ts'

const pathOf = (url: string) => {
  const request = loggedRequest(logLine({ url }))
  return typeof request === 'string' ? request : request.path
}

test('a request is its path in one form, what it was answered, when, and of whom', () => {
  assert.deepEqual(loggedRequest(logLine({ url: 'https://Shop.example.com:443/a?b=1', type: 'h2', status: 301 })), {
    path: '/a?b=1',
    status: 301,
    time: Date.UTC(2026, 10, 20, 10),
    host: 'shop.example.com',
  })
})

test('parameters are in order, and without those that only track', () => {
  assert.equal(pathOf('/a?z=1&b=2&utm_source=x&fbclid=y&_=17&a'), '/a?a&b=2&z=1')
  assert.equal(pathOf('/a?utm_medium=mail'), '/a')
  assert.equal(pathOf('/a?'), '/a')
})

test('escapes are written in one way', () => {
  assert.equal(pathOf('/%7euser/%e4%2F\\xC3\\xA4'), '/~user/%E4%2F%C3%A4')
})

test('a request whose status is 304 or 206 expects 200', () => {
  for (const status of [304, 206]) {
    const request = loggedRequest(logLine({ url: '/', status }))
    assert.equal(typeof request === 'string' ? request : request.status, 200)
  }
})

test('secrets are left out, wherever in the URL they are', () => {
  for (const url of [
    '/a?token=1',
    '/a?accessToken=1',
    '/a?x=1&api_key=2',
    '/a?sig=1',
    '/a?X-Amz-Signature=1',
    '/a?email=a@b.c',
    '/a?q=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc',
    '/reset/aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3f',
    '/a;jsessionid=12',
  ]) {
    assert.equal(pathOf(url), 'secrets in the URL', url)
  }
  for (const url of [
    '/design?q=sign',
    '/passage/author',
    '/static/app.3f9a8b7c6d5e4f3a2b1c0d9e8f7a6b5c.js',
    '/a?page=2',
  ]) {
    assert.equal(pathOf(url), url)
  }
})

test('what says nothing about a URL is left out, with the reason', () => {
  const errors = 'errors of the server, and requests that were cut off or turned away'
  const cases: readonly (readonly [Partial<LogLineParts>, string])[] = [
    [{ method: 'POST' }, 'other methods than GET and HEAD'],
    [{ method: 'DELETE' }, 'other methods than GET and HEAD'],
    [{ status: 503 }, errors],
    [{ status: 460 }, errors],
    [{ status: 429 }, errors],
    [{ type: 'ws' }, 'WebSockets and gRPC'],
    [{ userAgent: 'teal-acceptance' }, 'requests of acceptance tests'],
    [{ url: '/a b' }, 'URLs that are not well formed'],
    [{ url: '/a<script>' }, 'URLs that are not well formed'],
    [{ url: `/${'a'.repeat(3_000)}` }, 'URLs that are not well formed'],
  ]
  for (const [parts, reason] of cases) assert.equal(loggedRequest(logLine({ url: '/', ...parts })), reason)
  assert.equal(loggedRequest('nonsense'), 'no line of an access log')
})
