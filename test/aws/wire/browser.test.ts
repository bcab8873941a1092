import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { foreignNameRefusal, isFromAnotherSite, isFromBrowser } from '../../../src/aws/wire/browser.ts'

describe('a request', () => {
  test('without an Origin is from no web page at all', () => {
    assert.equal(isFromAnotherSite({ host: '127.0.0.1:4566' }), false)
  })

  test('of a page which was loaded from here is not from another site', () => {
    for (const host of ['127.0.0.1:4566', 'localhost:4566', 'teal.localhost:4566', '[::1]:4566', '192.168.1.7:4566']) {
      assert.equal(isFromAnotherSite({ host, origin: `http://${host}` }), false, host)
    }
  })

  test('of any other page is from another site', () => {
    for (const origin of ['https://example.com', 'http://127.0.0.1:8080', 'http://localhost', 'null', '', 'file://']) {
      assert.equal(isFromAnotherSite({ host: '127.0.0.1:4566', origin }), true, origin)
    }
  })

  test('of a page whose name was pointed at this machine is from another site', () => {
    assert.equal(isFromAnotherSite({ host: 'evil.example:4566', origin: 'http://evil.example:4566' }), true)
  })
  test('by the name that was told to be served is from nobody else', () => {
    const host = 'teal.example.com:4566'
    assert.equal(isFromAnotherSite({ host, origin: `http://${host}` }, 'Teal.example.com'), false)
    assert.equal(foreignNameRefusal(host, 'Teal.example.com'), undefined)
    assert.match(foreignNameRefusal(host, '0.0.0.0') ?? '', /^Refused: teal\.example\.com:4566 may be anybody's name\./)
  })

  test('of a browser is known by what a page cannot leave out', () => {
    assert.equal(isFromBrowser({ 'accept-language': '', 'user-agent': 'aws-cli/1.0' }), true)
    assert.equal(isFromBrowser({ 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' }), true)
    assert.equal(isFromBrowser({ 'user-agent': 'aws-cli/1.0', 'accept-encoding': 'identity' }), false)
  })
})
