import {
  type ACMClient,
  AddTagsToCertificateCommand,
  DeleteCertificateCommand,
  DescribeCertificateCommand,
  GetCertificateCommand,
  ImportCertificateCommand,
  ListCertificatesCommand,
  ListTagsForCertificateCommand,
  RemoveTagsFromCertificateCommand,
  RequestCertificateCommand,
  type ImportCertificateCommandInput,
} from '@aws-sdk/client-acm'
import { CreateListenerCommand, DeleteListenerCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readCertificate } from '../../../src/aws/acm/read-certificate.ts'
import { command, missing } from '../../conformance/command.ts'
import { makeCertificate, type TestCertificate } from '../../router/test-certificates.ts'
import {
  assertRefused,
  createLoadBalancer,
  given,
  startLoadBalancingEndpoint,
  type LoadBalancingEndpoint,
} from '../elbv2/load-balancing-endpoint.ts'

const withoutAws = await missing('aws', ['--version'])
const root = makeCertificate({ names: ['root.example'], isAuthority: true })
const middle = makeCertificate({ names: ['middle.example'], isAuthority: true, issuer: root })
const leaf = makeCertificate({ names: ['Shop.example', '*.shop.example'], key: 'rsa', issuer: middle })
const own = makeCertificate({ names: ['own.example'] })
const renewed = makeCertificate({ names: ['own.example', 'www.own.example'] })

const bytes = (text: string): Uint8Array => Buffer.from(text)
const input = ({ certificate, privateKey }: TestCertificate, chain?: string): ImportCertificateCommandInput => ({
  Certificate: bytes(certificate),
  PrivateKey: bytes(privateKey),
  ...(chain === undefined ? {} : { CertificateChain: bytes(chain) }),
})

describe('certificates in ACM', { timeout: 60_000 }, () => {
  let endpoint: LoadBalancingEndpoint
  let acm: ACMClient
  before(async () => {
    endpoint = await startLoadBalancingEndpoint()
    acm = endpoint.certificates()
  })
  after(() => endpoint.close())

  const importOne = async (asked: ImportCertificateCommandInput): Promise<string> =>
    given((await acm.send(new ImportCertificateCommand(asked))).CertificateArn)
  const describeOne = async (CertificateArn: string) =>
    given((await acm.send(new DescribeCertificateCommand({ CertificateArn }))).Certificate)
  const refuses = (
    asked: ImportCertificateCommandInput,
    message: RegExp,
    name = 'ValidationException',
  ): Promise<void> => assertRefused(acm.send(new ImportCertificateCommand(asked)), name, message)

  test('are imported with their chain, and described by what is in them', async () => {
    const chain = middle.certificate + root.certificate
    const arn = await importOne({ ...input(leaf, chain), Tags: [{ Key: 'team', Value: 'shop' }] })
    assert.match(arn, /^arn:aws:acm:eu-west-1:000000000000:certificate\/[0-9a-f-]{36}$/)
    const x509 = new X509Certificate(leaf.certificate)
    const { CreatedAt, ImportedAt, ...described } = await describeOne(arn)
    assert.ok(CreatedAt && ImportedAt && Date.now() - ImportedAt.getTime() < 60_000)
    assert.deepEqual(described, {
      CertificateArn: arn,
      DomainName: 'shop.example',
      SubjectAlternativeNames: ['shop.example', '*.shop.example'],
      Serial: x509.serialNumber.toLowerCase().replaceAll(/(..)(?!$)/g, '$1:'),
      Subject: 'O=Teal tests,CN=Shop.example',
      Issuer: 'Teal tests',
      Status: 'ISSUED',
      NotBefore: x509.validFromDate,
      NotAfter: x509.validToDate,
      KeyAlgorithm: 'RSA_2048',
      SignatureAlgorithm: 'SHA256WITHECDSA',
      InUseBy: [],
      Type: 'IMPORTED',
      ExtendedKeyUsages: [{ OID: '1.3.6.1.5.5.7.3.1', Name: 'TLS_WEB_SERVER_AUTHENTICATION' }],
      RenewalEligibility: 'INELIGIBLE',
      CertificateKeyPairOrigin: 'CUSTOMER_PROVIDED',
      Options: { CertificateTransparencyLoggingPreference: 'DISABLED' },
    })
    const { Certificate, CertificateChain } = await acm.send(new GetCertificateCommand({ CertificateArn: arn }))
    assert.deepEqual([Certificate, CertificateChain], [leaf.certificate, chain])
    await acm.send(new DeleteCertificateCommand({ CertificateArn: arn }))
    await assertRefused(describeOne(arn), 'ResourceNotFoundException', /Could not find certificate/)
  })

  test('are replaced by importing them again, with their ARN and their tags', async () => {
    const arn = await importOne({ ...input(own), Tags: [{ Key: 'a', Value: 'b' }] })
    const again = { ...input(renewed), CertificateArn: arn }
    await refuses({ ...again, Tags: [{ Key: 'a' }] }, /Tagging is not permitted on re-import/)
    await refuses({ ...again, ...input(leaf, middle.certificate) }, /key type and size .* EC_prime256v1, not RSA_2048/)
    assert.equal(await importOne(again), arn)
    assert.deepEqual((await describeOne(arn)).SubjectAlternativeNames, ['own.example', 'www.own.example'])
    const { Tags } = await acm.send(new ListTagsForCertificateCommand({ CertificateArn: arn }))
    assert.deepEqual(Tags, [{ Key: 'a', Value: 'b' }])
    await acm.send(new DeleteCertificateCommand({ CertificateArn: arn }))
    const unknown = 'arn:aws:acm:eu-west-1:000000000000:certificate/1'
    await refuses({ ...again, CertificateArn: unknown }, /Could not find/, 'ResourceNotFoundException')
    await refuses({ ...again, CertificateArn: 'arn:aws:s3:::x' }, /not that of a certificate/, 'InvalidArnException')
  })

  test('are refused where a server could not use them, with the reason', async () => {
    const nothing = bytes('nothing')
    await refuses({ ...input(own), Certificate: nothing }, /certificate is not in PEM format/)
    await refuses({ ...input(own), PrivateKey: nothing }, /private key is not in PEM format/)
    await refuses({ ...input(own), CertificateChain: nothing }, /chain is not in PEM format/)
    const broken = own.certificate.replace(/\n(.{10}).{10}/, '\n$1AAAAAAAAAA')
    await refuses({ ...input(own), Certificate: bytes(broken) }, /holds no X\.509 certificate|match the private key/)
    await refuses(
      { ...input(own), Certificate: bytes(own.certificate + root.certificate) },
      /more than one certificate/,
    )
    await refuses({ ...input(own), PrivateKey: bytes(root.privateKey) }, /does not match the private key/)
    await refuses(input(leaf), /not a valid self signed/)
    await refuses(input(leaf, root.certificate), /index within the chain of the invalid certificate is: 0$/)
    await refuses(input(leaf, leaf.certificate + middle.certificate), /is: 0\. It is the certificate itself/)
    await refuses(input(leaf, middle.certificate + middle.certificate), /invalid certificate is: 1$/)
    await refuses(input(leaf, 'x'.repeat(70_000)), /CertificateChain has 70000 bytes; 65536 are allowed/)
    const locked = own.privateKey.replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY')
    await refuses({ ...input(own), PrivateKey: bytes(locked) }, /private key is encrypted/)
    await refuses({ ...input(own), Tags: [{ Key: 'aws:x' }] }, /begins with 'aws:'/, 'InvalidTagException')
  })

  test('are refused before they are valid, and after', () => {
    const asked = { Certificate: bytes(own.certificate), PrivateKey: bytes(own.privateKey) }
    const year = 365 * 24 * 3_600_000
    assert.throws(() => readCertificate(asked, Date.now() + year), /has expired: it was valid until/)
    assert.throws(() => readCertificate(asked, Date.now() - year), /is not valid yet/)
  })

  test('are refused with a key that nobody should have', () => {
    const weak = bySelf('req -x509 -nodes -newkey rsa:1024 -subj /CN=weak.example')
    return refuses(weak, /RSA_1024 is not supported\. Use one of RSA_2048/)
  })

  test('sign themselves, also where their key is for servers and not for signing, as tools for development make them', async () => {
    const usage = 'keyUsage=critical,digitalSignature,keyEncipherment'
    const forServers = `-addext basicConstraints=critical,CA:FALSE -addext ${usage}`
    const asked = bySelf(`req -x509 -nodes -newkey rsa:2048 -subj /CN=server.example ${forServers}`)
    const CertificateArn = await importOne(asked)
    await acm.send(new DeleteCertificateCommand({ CertificateArn }))
  })

  test('are listed by kind of key, RSA where nothing is said, page by page', async () => {
    const arns = [await importOne(input(leaf, middle.certificate)), await importOne(input(own))]
    const names = async (asked: object) =>
      (await acm.send(new ListCertificatesCommand(asked))).CertificateSummaryList?.map(({ DomainName }) => DomainName)
    assert.deepEqual(await names({}), ['shop.example'])
    const all = { Includes: { keyTypes: ['RSA_2048', 'EC_prime256v1'] } }
    assert.deepEqual(await names(all), ['shop.example', 'own.example'])
    assert.deepEqual(await names({ ...all, CertificateStatuses: ['EXPIRED'] }), [])
    assert.deepEqual(await names({ ...all, SortBy: 'CREATED_AT', SortOrder: 'DESCENDING' }), [
      'own.example',
      'shop.example',
    ])
    const first = await acm.send(new ListCertificatesCommand({ ...all, MaxItems: 1 } as object))
    assert.equal(first.CertificateSummaryList?.length, 1)
    assert.deepEqual(await names({ ...all, NextToken: first.NextToken }), ['own.example'])
    await acm.send(new DeleteCertificateCommand({ CertificateArn: arns[0] }))
    assert.deepEqual(await names({ ...all, NextToken: first.NextToken }), ['own.example'])
    await assertRefused(acm.send(new ListCertificatesCommand({ NextToken: 'x' })), 'InvalidArgsException', /NextToken/)
    await assertRefused(
      acm.send(new ListCertificatesCommand({ SortBy: 'CREATED_AT' })),
      'InvalidArgsException',
      /together/,
    )
    const elsewhere = await endpoint.certificates('us-west-2').send(new ListCertificatesCommand(all as object))
    assert.deepEqual(elsewhere.CertificateSummaryList, [])
    await acm.send(new DeleteCertificateCommand({ CertificateArn: arns[1] }))
  })

  test('have tags that come and go', async () => {
    const CertificateArn = await importOne(input(own))
    const tags = async () => (await acm.send(new ListTagsForCertificateCommand({ CertificateArn }))).Tags
    const Tags = [{ Key: 'a', Value: '1' }, { Key: 'b', Value: '2' }, { Key: 'c' }]
    await acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags }))
    await acm.send(
      new RemoveTagsFromCertificateCommand({ CertificateArn, Tags: [{ Key: 'a', Value: 'x' }, { Key: 'b' }] }),
    )
    assert.deepEqual(await tags(), [
      { Key: 'a', Value: '1' },
      { Key: 'c', Value: '' },
    ])
    const many = Array.from({ length: 49 }, (_, at) => ({ Key: `k${at}` }))
    await assertRefused(
      acm.send(new AddTagsToCertificateCommand({ CertificateArn, Tags: many })),
      'TooManyTagsException',
      /51 tags/,
    )
    await acm.send(new DeleteCertificateCommand({ CertificateArn }))
  })

  test('cannot go while a listener has them', async () => {
    const CertificateArn = await importOne(input(own))
    const client = endpoint.client()
    const LoadBalancerArn = await createLoadBalancer(client)
    const { Listeners } = await client.send(
      new CreateListenerCommand({
        LoadBalancerArn,
        Protocol: 'HTTPS',
        Port: 443,
        Certificates: [{ CertificateArn }],
        DefaultActions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '200' } }],
      }),
    )
    assert.deepEqual((await describeOne(CertificateArn)).InUseBy, [LoadBalancerArn])
    const remove = () => acm.send(new DeleteCertificateCommand({ CertificateArn }))
    await assertRefused(remove(), 'ResourceInUseException', /is in use by arn:aws:elasticloadbalancing/)
    await acm.send(new ImportCertificateCommand({ ...input(renewed), CertificateArn }))
    const shown = endpoint.router.table?.listeners[0]?.tls?.certificates
    assert.deepEqual(shown, [
      {
        certificateArn: CertificateArn,
        names: ['own.example', 'www.own.example'],
        certificate: renewed.certificate,
        privateKey: renewed.privateKey,
      },
    ])
    await client.send(new DeleteListenerCommand({ ListenerArn: given(Listeners?.[0]?.ListenerArn) }))
    await remove()
  })

  test('cannot be requested: nobody here could issue one', () =>
    assertRefused(
      acm.send(new RequestCertificateCommand({ DomainName: 'a.example' })),
      'UnknownOperationException',
      /RequestCertificate/,
    ))

  test('are imported by the aws command', { skip: withoutAws }, async () => {
    const directory = mkdtempSync(join(tmpdir(), 'teal-acm-'))
    const [certificate, key] = [join(directory, 'certificate.pem'), join(directory, 'key.pem')]
    writeFileSync(certificate, own.certificate)
    writeFileSync(key, own.privateKey)
    const files = ['--certificate', `fileb://${certificate}`, '--private-key', `fileb://${key}`]
    const argv = ['acm', 'import-certificate', ...files, '--query', 'CertificateArn', '--output', 'text']
    const { output } = await command(endpoint.url, 'aws', argv)
    rmSync(directory, { recursive: true })
    const { Certificate } = await endpoint
      .certificates('us-east-1')
      .send(new DescribeCertificateCommand({ CertificateArn: output.trim() }))
    assert.equal(Certificate?.DomainName, 'own.example')
  })
})

/** A certificate as OpenSSL makes it with these arguments. */
function bySelf(argv: string): Pick<ImportCertificateCommandInput, 'Certificate' | 'PrivateKey'> {
  const directory = mkdtempSync(join(tmpdir(), 'teal-own-'))
  const files = ['-keyout', 'key.pem', '-out', 'c.pem', '-days', '9']
  execFileSync('openssl', [...argv.split(' '), ...files], { cwd: directory, stdio: 'ignore' })
  const [Certificate, PrivateKey] = ['c.pem', 'key.pem'].map((file) => readFileSync(join(directory, file)))
  rmSync(directory, { recursive: true })
  return { Certificate, PrivateKey }
}
