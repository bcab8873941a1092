import { ImportCertificateCommand } from '@aws-sdk/client-acm'
import {
  AddListenerCertificatesCommand,
  CreateListenerCommand,
  DescribeListenerCertificatesCommand,
  DescribeListenersCommand,
  DescribeSSLPoliciesCommand,
  ModifyListenerCommand,
  RemoveListenerCertificatesCommand,
  type CreateListenerCommandInput,
  type ElasticLoadBalancingV2Client,
  type ModifyListenerCommandInput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { makeCertificate } from '../../router/test-certificates.ts'
import {
  assertRefused,
  createLoadBalancer,
  given,
  startLoadBalancingEndpoint,
  type LoadBalancingEndpoint,
} from './load-balancing-endpoint.ts'

const DefaultActions: CreateListenerCommandInput['DefaultActions'] = [
  { Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } },
]

describe('listeners of HTTPS', { timeout: 60_000 }, () => {
  let endpoint: LoadBalancingEndpoint
  let client: ElasticLoadBalancingV2Client
  let LoadBalancerArn: string
  const arns: string[] = []
  let [first, second, third] = ['', '', '']
  before(async () => {
    endpoint = await startLoadBalancingEndpoint()
    client = endpoint.client()
    const made = makeCertificate({ names: ['a.example'] })
    for (let at = 0; at < 28; at++) {
      const [Certificate, PrivateKey] = [Buffer.from(made.certificate), Buffer.from(made.privateKey)]
      const answer = await endpoint.certificates().send(new ImportCertificateCommand({ Certificate, PrivateKey }))
      arns.push(given(answer.CertificateArn))
    }
    // As they are listed.
    arns.sort()
    ;[first = '', second = '', third = ''] = arns
  })
  after(() => endpoint.close())
  let number = 0
  beforeEach(async () => {
    LoadBalancerArn = await createLoadBalancer(client, `web-${number++}`)
  })

  let port = 8000
  const create = async (asked: Partial<CreateListenerCommandInput> = {}) => {
    const Certificates = [{ CertificateArn: first }]
    const input = { LoadBalancerArn, Protocol: 'HTTPS', Port: port++, Certificates, DefaultActions, ...asked } as const
    return given((await client.send(new CreateListenerCommand(input))).Listeners?.[0])
  }
  const modify = async (asked: ModifyListenerCommandInput) =>
    given((await client.send(new ModifyListenerCommand(asked))).Listeners?.[0])
  const certificatesOf = async (ListenerArn: string | undefined) =>
    (await client.send(new DescribeListenerCertificatesCommand({ ListenerArn }))).Certificates?.map(
      ({ CertificateArn, IsDefault }) => [CertificateArn, IsDefault],
    )
  const add = (ListenerArn: string | undefined, ...added: string[]) =>
    client.send(
      new AddListenerCertificatesCommand({
        ListenerArn,
        Certificates: added.map((CertificateArn) => ({ CertificateArn })),
      }),
    )
  const remove = (ListenerArn: string | undefined, ...removed: string[]) =>
    client.send(
      new RemoveListenerCertificatesCommand({
        ListenerArn,
        Certificates: removed.map((CertificateArn) => ({ CertificateArn })),
      }),
    )

  test('have one certificate and a security policy, and the router is told both', async () => {
    const listener = await create()
    assert.equal(listener.Protocol, 'HTTPS')
    assert.equal(listener.SslPolicy, 'ELBSecurityPolicy-2016-08')
    assert.deepEqual(listener.Certificates, [{ CertificateArn: first }])
    assert.deepEqual(listener.MutualAuthentication, { Mode: 'off' })
    const { Listeners } = await client.send(new DescribeListenersCommand({ LoadBalancerArn }))
    assert.deepEqual(Listeners, [listener])
    const route = endpoint.router.table?.listeners.find((each) => each.listenerArn === listener.ListenerArn)
    assert.deepEqual(
      [route?.tls?.sslPolicy, route?.tls?.http2, route?.tls?.certificates[0].names],
      ['ELBSecurityPolicy-2016-08', true, ['a.example']],
    )
    // The same one again is itself.
    assert.equal((await create({ Port: listener.Port })).ListenerArn, listener.ListenerArn)
  })

  test('need exactly one certificate that is there, and a policy that is there', async () => {
    await assertRefused(create({ Certificates: [] }), 'ValidationError', /certificate must be specified/)
    const two = [{ CertificateArn: first }, { CertificateArn: second }]
    await assertRefused(create({ Certificates: two }), 'TooManyCertificatesException', /AddListenerCertificates/)
    const unknown = [{ CertificateArn: 'arn:aws:acm:eu-west-1:000000000000:certificate/1' }]
    await assertRefused(create({ Certificates: unknown }), 'CertificateNotFoundException', /certificate\/1' not found/)
    const elsewhere = [{ CertificateArn: first.replace('eu-west-1', 'us-east-1') }]
    await assertRefused(create({ Certificates: elsewhere }), 'CertificateNotFoundException', /not found/)
    const ofIam = [{ CertificateArn: 'arn:aws:iam::000000000000:server-certificate/a' }]
    await assertRefused(create({ Certificates: ofIam }), 'CertificateNotFoundException', /import the certificate into/)
    await assertRefused(create({ SslPolicy: 'x' }), 'SSLPolicyNotFoundException', /'x' not found/)
    const fips = 'ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04'
    await assertRefused(create({ SslPolicy: fips }), 'SSLPolicyNotFoundException', /FIPS module is not to be had/)
    const oldest = create({ SslPolicy: 'ELBSecurityPolicy-TLS-1-0-2015-04' })
    await assertRefused(oldest, 'SSLPolicyNotFoundException', /not found: its triple DES is not to be had/)
  })

  test('do not take what a load balancer here cannot do', async () => {
    await assertRefused(create({ AlpnPolicy: ['HTTP2Only'] }), 'ValidationError', /ALPN policy 'HTTP2Only'/)
    const code = 'InvalidConfigurationRequestException'
    await assertRefused(create({ MutualAuthentication: { Mode: 'passthrough' } }), code, /Mode 'passthrough'/)
    await assertRefused(create({ MutualAuthentication: { Mode: 'verify', TrustStoreArn: 'a' } }), code, /Mode 'verify'/)
    assert.equal((await create({ MutualAuthentication: { Mode: 'off' } })).Protocol, 'HTTPS')
    await assertRefused(create({ Protocol: 'TLS' }), 'UnsupportedProtocolException', /use HTTP or HTTPS/)
  })

  test('get another default certificate and another policy, and keep what is not given', async () => {
    const { ListenerArn } = await create()
    await add(ListenerArn, third)
    const SslPolicy = 'ELBSecurityPolicy-TLS13-1-3-2021-06'
    assert.equal((await modify({ ListenerArn, SslPolicy })).SslPolicy, SslPolicy)
    const changed = await modify({ ListenerArn, Certificates: [{ CertificateArn: second }] })
    assert.deepEqual([changed.SslPolicy, changed.Certificates], [SslPolicy, [{ CertificateArn: second }]])
    assert.deepEqual(await certificatesOf(ListenerArn), [
      [second, true],
      [third, false],
    ])
  })

  test('go over to HTTP, and back with a certificate', async () => {
    const { ListenerArn } = await create()
    const plain = await modify({ ListenerArn, Protocol: 'HTTP' })
    assert.deepEqual([plain.Protocol, plain.Certificates, plain.SslPolicy], ['HTTP', undefined, undefined])
    const route = () => endpoint.router.table?.listeners.find((each) => each.listenerArn === ListenerArn)
    assert.equal(route()?.tls, undefined)
    await assertRefused(modify({ ListenerArn, Protocol: 'HTTPS' }), 'ValidationError', /certificate must be specified/)
    await assertRefused(add(ListenerArn, first), 'ValidationError', /HTTPS listeners only/)
    const secured = await modify({ ListenerArn, Protocol: 'HTTPS', Certificates: [{ CertificateArn: second }] })
    assert.deepEqual([secured.Protocol, secured.SslPolicy], ['HTTPS', 'ELBSecurityPolicy-2016-08'])
    assert.equal(route()?.tls?.certificates[0].certificateArn, second)
  })

  test('have further certificates for other names, twenty-five for a load balancer', async () => {
    const { ListenerArn } = await create()
    await add(ListenerArn, second, third)
    await add(ListenerArn, third)
    assert.deepEqual(await certificatesOf(ListenerArn), [
      [first, true],
      [second, false],
      [third, false],
    ])
    await remove(ListenerArn, second, 'arn:aws:acm:eu-west-1:000000000000:certificate/1')
    assert.deepEqual(await certificatesOf(ListenerArn), [
      [first, true],
      [third, false],
    ])
    await assertRefused(remove(ListenerArn, first), 'OperationNotPermittedException', /is the default one/)
    await assertRefused(add(ListenerArn), 'ValidationError', /certificate must be specified/)
    await add(ListenerArn, ...arns.slice(1, 26))
    await assertRefused(add(ListenerArn, ...arns.slice(26)), 'TooManyCertificatesException', /'25' certificates/)
    const other = await create()
    await assertRefused(add(other.ListenerArn, second), 'TooManyCertificatesException', /not '26'/)
    const page = await client.send(new DescribeListenerCertificatesCommand({ ListenerArn, PageSize: 20 }))
    const rest = { ListenerArn, Marker: page.NextMarker }
    const { Certificates } = await client.send(new DescribeListenerCertificatesCommand(rest))
    assert.deepEqual([page.Certificates?.length, Certificates?.length], [20, 6])
  })

  test('stay as they were where the router cannot use the certificates', async () => {
    const listener = await create()
    endpoint.router.takenPorts.set(given(listener.Port), 'The certificates of port 1 cannot be used: too weak')
    const Certificates = [{ CertificateArn: second }]
    const { ListenerArn } = listener
    await assertRefused(modify({ ListenerArn, Certificates }), 'ValidationError', /^The certificates .* too weak$/)
    endpoint.router.takenPorts.clear()
    assert.deepEqual(await certificatesOf(ListenerArn), [[first, true]])
  })

  test('choose among the policies of Elastic Load Balancing', async () => {
    const { SslPolicies = [] } = await client.send(new DescribeSSLPoliciesCommand({}))
    assert.ok(SslPolicies.length > 20)
    const Names = ['ELBSecurityPolicy-TLS13-1-2-Res-2021-06']
    const chosen = await client.send(new DescribeSSLPoliciesCommand({ Names }))
    assert.deepEqual(chosen.SslPolicies, [
      {
        Name: Names[0],
        SslProtocols: ['TLSv1.2', 'TLSv1.3'],
        Ciphers: [
          { Name: 'TLS_AES_128_GCM_SHA256', Priority: 1 },
          { Name: 'TLS_AES_256_GCM_SHA384', Priority: 2 },
          { Name: 'TLS_CHACHA20_POLY1305_SHA256', Priority: 3 },
          { Name: 'ECDHE-ECDSA-AES128-GCM-SHA256', Priority: 4 },
          { Name: 'ECDHE-RSA-AES128-GCM-SHA256', Priority: 5 },
          { Name: 'ECDHE-ECDSA-AES256-GCM-SHA384', Priority: 6 },
          { Name: 'ECDHE-RSA-AES256-GCM-SHA384', Priority: 7 },
        ],
        SupportedLoadBalancerTypes: ['application', 'network'],
      },
    ])
    await assertRefused(
      client.send(new DescribeSSLPoliciesCommand({ Names: ['x'] })),
      'SSLPolicyNotFoundException',
      /'x' not found/,
    )
    const LoadBalancerType = 'network'
    await assertRefused(client.send(new DescribeSSLPoliciesCommand({ LoadBalancerType })), 'ValidationError', /network/)
  })
})
