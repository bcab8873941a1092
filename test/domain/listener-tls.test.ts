import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Certificate } from '../../src/domain/certificate.ts'
import { listenerTls } from '../../src/domain/listener-tls.ts'
import type { Listener, LoadBalancer } from '../../src/domain/load-balancer.ts'

const certificate = (certificateArn: string, chain?: string): Certificate => ({
  certificateArn,
  domainName: 'a.example',
  names: ['a.example'],
  certificate: `certificate of ${certificateArn}\n`,
  privateKey: 'key',
  ...(chain === undefined ? {} : { chain }),
  importedAt: 0,
  notBefore: 0,
  notAfter: 1,
  serial: '',
  issuer: '',
  subject: '',
  keyAlgorithm: 'RSA_2048',
  signatureAlgorithm: '',
  tags: {},
})
const listener: Listener = {
  listenerArn: 'l',
  loadBalancerArn: 'b',
  port: 443,
  protocol: 'HTTPS',
  defaultActions: [],
  attributes: {},
  tags: {},
  defaultRuleArn: 'r',
  certificateArns: ['two', 'gone', 'one'],
}
const loadBalancer: LoadBalancer = {
  loadBalancerArn: 'b',
  name: 'b',
  createdTime: 0,
  scheme: 'internal',
  ipAddressType: 'ipv4',
  subnets: [],
  securityGroups: [],
  attributes: {},
  tags: {},
}
const all = [certificate('one'), certificate('two', 'chain\n')]

describe('what a listener shows its clients', () => {
  test('is its certificates that are there, the default one first, each with its chain', () => {
    const tls = listenerTls(listener, loadBalancer, all)
    assert.deepEqual(
      tls?.certificates.map((each) => each.certificate),
      ['certificate of two\nchain\n', 'certificate of one\n'],
    )
    assert.deepEqual([tls?.sslPolicy, tls?.http2], ['ELBSecurityPolicy-2016-08', true])
  })

  test('is HTTP/1.1 alone where the load balancer says so', () => {
    const attributes = { 'routing.http2.enabled': 'false' }
    assert.equal(listenerTls(listener, { ...loadBalancer, attributes }, all)?.http2, false)
  })

  test('is nothing for HTTP, and where no certificate is left', () => {
    assert.equal(listenerTls({ ...listener, protocol: 'HTTP' }, loadBalancer, all), undefined)
    assert.equal(listenerTls(listener, loadBalancer, []), undefined)
  })
})
