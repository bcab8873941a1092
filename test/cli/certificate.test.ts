import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { makeCertificate } from '../router/test-certificates.ts'
import { Serving, teal } from './command-line.ts'

process.env['AWS_ACCESS_KEY_ID'] = 'teal'
process.env['AWS_SECRET_ACCESS_KEY'] = 'teal'
process.env['AWS_REGION'] = 'us-east-1'

const authority = makeCertificate({ names: ['ca.example'], isAuthority: true })
const leaf = makeCertificate({ names: ['shop.example', 'www.shop.example'], issuer: authority })

describe('teal certificate', { timeout: 100_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'teal-certificate-'))
  const file = (name: string): string => join(root, name)
  let serving: Serving
  let url = ''
  const run = (...argv: readonly string[]) => teal('certificate', ...argv, '--endpoint-url', url)
  before(async () => {
    writeFileSync(file('leaf.pem'), leaf.certificate)
    writeFileSync(file('chain.pem'), authority.certificate)
    writeFileSync(file('full.pem'), leaf.certificate + authority.certificate)
    writeFileSync(file('key.pem'), leaf.privateKey)
    serving = new Serving(file('data'))
    url = await serving.url()
  })
  after(async () => {
    await serving.end('SIGINT')
    rmSync(root, { recursive: true, force: true, maxRetries: 10 })
  })

  test('list says that there is none', async () => {
    const { exitCode, output } = await run('list')
    assert.deepEqual([exitCode, output], [0, `There are no certificates in us-east-1 at ${url}.\n`])
  })

  test('import takes a certificate with its chain in a file of its own, or in the same one', async () => {
    const key = ['--private-key', file('key.pem')]
    const files = ['--certificate', file('leaf.pem'), '--chain', file('chain.pem')]
    const { exitCode, output, errors } = await run('import', ...files, ...key)
    assert.deepEqual([exitCode, errors], [0, ''])
    assert.match(output, /^Imported arn:aws:acm:us-east-1:000000000000:certificate\/\S+\n/)
    assert.match(output, /\n {2}names +shop\.example, www\.shop\.example\n {2}key +EC_prime256v1\n {2}valid until +20/)
    const arn = /arn:\S+/.exec(output)?.[0] ?? assert.fail()
    const again = await run('import', '--certificate', file('full.pem'), ...key, '--replace', arn, '--json')
    assert.deepEqual([again.exitCode, again.errors], [0, ''])
    assert.equal((JSON.parse(again.output) as { CertificateArn: string }).CertificateArn, arn)
    const list = await run('list')
    assert.match(list.output, /^ {2}NAME +STATUS +IN USE +VALID UNTIL +ARN\n {2}shop\.example +ISSUED +no +20\d\d-/)
    const [listed] = JSON.parse((await run('list', '--json')).output) as readonly { DomainName: string }[]
    assert.equal(listed?.DomainName, 'shop.example')
  })

  test('import says what is wrong, with exit code 1', async () => {
    const key = ['--private-key', file('key.pem')]
    const alone = await run('import', '--certificate', file('leaf.pem'), ...key)
    assert.equal(alone.exitCode, 1)
    assert.match(alone.errors, /^teal: Provided certificate is not a valid self signed/)
    const both = await run('import', '--certificate', file('full.pem'), '--chain', file('chain.pem'), ...key)
    assert.match(both.errors, /^teal: .*full\.pem holds several certificates\. Leave --chain out/)
    const missing = await run('import', '--certificate', file('none.pem'), ...key)
    assert.match(missing.errors, /^teal: there is no .*none\.pem\.$/m)
    assert.equal((await run('import', ...key)).exitCode, 2)
  })
})
