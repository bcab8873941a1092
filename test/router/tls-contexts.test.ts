import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSecureContext } from 'node:tls'
import { sslPolicies } from '../../src/domain/ssl-policies.ts'
import { tlsContextsOf } from '../../src/router/tls-contexts.ts'
import { served } from './secured-port.ts'
import { makeCertificate } from './test-certificates.ts'

const one = served('arn:one', makeCertificate({ names: ['one.example'] }), 'one.example')
const two = served('arn:two', makeCertificate({ names: ['two.example'] }), 'two.example')

describe('contexts of TLS', () => {
  test('can be made by every security policy', () => {
    for (const { name } of sslPolicies) {
      const contexts = tlsContextsOf({ certificates: [one, two], sslPolicy: name, http2: true })
      createSecureContext(contexts.defaultOptions)
      assert.notEqual(contexts.forName('two.example'), undefined)
    }
  })

  test('are made once for a certificate, and not for the default one', () => {
    const contexts = tlsContextsOf({ certificates: [one, two], sslPolicy: 'ELBSecurityPolicy-2016-08', http2: true })
    assert.equal(contexts.forName('two.example'), contexts.forName('TWO.example'))
    assert.equal(contexts.forName('one.example'), undefined)
    assert.equal(contexts.forName('three.example'), undefined)
    assert.equal(contexts.certificateFor(undefined), one)
  })

  test('are the same for the same settings, and others for any other', () => {
    const tls = { certificates: [one, two], sslPolicy: 'ELBSecurityPolicy-2016-08', http2: true } as const
    assert.equal(tlsContextsOf(tls), tlsContextsOf(structuredClone(tls)))
    assert.notEqual(tlsContextsOf(tls), tlsContextsOf({ ...tls, http2: false }))
  })

  test('are not made by a policy nobody knows', () => {
    const tls = { certificates: [one], sslPolicy: 'x', http2: true } as const
    assert.throws(() => tlsContextsOf(tls), /policy x is not known/)
  })
})
