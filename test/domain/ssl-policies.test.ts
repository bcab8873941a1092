import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { getCiphers } from 'node:tls'
import { defaultSslPolicy, findSslPolicy, sslPolicies } from '../../src/domain/ssl-policies.ts'

const known = new Set(getCiphers())

describe('security policies', () => {
  test('are one for each name, the default one among them', () => {
    assert.equal(new Set(sslPolicies.map(({ name }) => name)).size, sslPolicies.length)
    assert.deepEqual(findSslPolicy(defaultSslPolicy)?.protocols, ['TLSv1', 'TLSv1.1', 'TLSv1.2'])
    assert.equal(findSslPolicy(defaultSslPolicy)?.ciphers.length, 18)
    assert.equal(findSslPolicy('x'), undefined)
  })

  test('name ciphers that OpenSSL has, each of them once', () => {
    for (const { name, ciphers } of sslPolicies) {
      assert.equal(new Set(ciphers).size, ciphers.length, name)
      for (const cipher of ciphers) assert.ok(known.has(cipher.toLowerCase()), cipher)
    }
  })

  test('have ciphers of TLS 1.3 where they speak it, and nowhere else', () => {
    for (const { name, protocols, ciphers } of sslPolicies) {
      const hasThem = ciphers.some((cipher) => cipher.startsWith('TLS_'))
      assert.equal(hasThem, protocols.includes('TLSv1.3'), name)
      const hasOthers = ciphers.some((cipher) => !cipher.startsWith('TLS_'))
      assert.equal(hasOthers, protocols.includes('TLSv1.2'), name)
    }
  })
})
