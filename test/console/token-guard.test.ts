import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenGuard } from '../../src/console/token-guard.ts'

test('a browser stays logged in at each of two engines of one machine', () => {
  const guards = ['one token', 'another token'].map((token) => ({
    token,
    guard: new TokenGuard({ token, servedName: '192.0.2.1' }),
  }))
  const jar = new Map<string, string>()
  for (const { guard, token } of guards) {
    const body = Buffer.from(new URLSearchParams({ token }).toString())
    const answer = guard.answer({
      method: 'POST',
      path: '/console/login',
      query: new URLSearchParams(),
      headers: {},
      body,
    })
    const [pair = ''] = (answer?.headers['set-cookie'] ?? '').split(';')
    const [name = '', value = ''] = pair.split('=')
    jar.set(name, value)
  }
  const cookie = Array.from(jar, ([name, value]) => `${name}=${value}`).join('; ')
  for (const { guard, token } of guards) {
    const request = {
      method: 'GET',
      path: '/console',
      query: new URLSearchParams(),
      headers: { cookie },
      body: Buffer.of(),
    }
    assert(guard.allows(request), `the one of ${token}`)
  }
})
