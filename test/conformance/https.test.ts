import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { connect as connectHttp2 } from 'node:http2'
import { join } from 'node:path'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { dataDirectory, Serving } from '../cli/command-line.ts'
import { freePort } from '../free-port.ts'
import { ask } from '../router/secured-port.ts'
import { makeCertificate } from '../router/test-certificates.ts'
import { command, missing } from './command.ts'

const withoutAws = await missing('aws', ['--version'])
const withoutCurl = await missing('curl', ['--version'])
const skip = withoutAws || withoutCurl

test(
  'a listener of HTTPS is made by the aws command, and curl and HTTP/2 are answered',
  { skip, timeout: 120_000 },
  async (t) => {
    const certificates = mkdtempSync(join(tmpdir(), 'teal-certificates-'))
    t.after(() => rmSync(certificates, { recursive: true, force: true }))
    const file = (name: string): string => join(certificates, name)
    const write = (made: { readonly certificate: string; readonly privateKey: string }): void => {
      writeFileSync(file('certificate.pem'), made.certificate)
      writeFileSync(file('key.pem'), made.privateKey)
    }
    write(makeCertificate({ names: ['localhost'], key: 'rsa' }))
    const url = await new Serving(dataDirectory(t)).url()
    const aws = async (service: string, operation: string, ...argv: readonly string[]): Promise<string> => {
      const { output, errors, exitCode } = await command(url, 'aws', [service, operation, ...argv, '--output', 'text'])
      assert.equal(exitCode, 0, errors)
      return output.trim()
    }
    const pem = ['--certificate', `fileb://${file('certificate.pem')}`, '--private-key', `fileb://${file('key.pem')}`]
    const arn = await aws('acm', 'import-certificate', ...pem, '--query', 'CertificateArn')
    const query = ['--query', 'LoadBalancers[0].LoadBalancerArn']
    const loadBalancer = await aws('elbv2', 'create-load-balancer', '--name', 'web', '--subnets', 'a', 'b', ...query)
    const port = await freePort()
    const answer = 'Type=fixed-response,FixedResponseConfig={StatusCode=200,ContentType=text/plain,MessageBody=hello}'
    const listener = await aws(
      'elbv2',
      'create-listener',
      ...listenerOptions(loadBalancer, 'HTTPS', port, answer),
      '--certificates',
      `CertificateArn=${arn}`,
      '--ssl-policy',
      'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
      '--query',
      'Listeners[0].ListenerArn',
    )
    const plainPort = await freePort()
    const redirect = `Type=redirect,RedirectConfig={Protocol=HTTPS,Port=${port},StatusCode=HTTP_301}`
    await aws('elbv2', 'create-listener', ...listenerOptions(loadBalancer, 'HTTP', plainPort, redirect))

    const curl = async (...argv: readonly string[]): Promise<string> =>
      (await command(url, 'curl', ['--silent', '--show-error', '--cacert', file('certificate.pem'), ...argv])).output
    assert.equal(await curl(`https://localhost:${port}/`), 'hello')
    assert.equal(await curl('--location', `http://localhost:${plainPort}/`), 'hello')
    const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false })
    t.after(() => session.destroy())
    assert.equal((await ask(session, { ':path': '/' })).text, 'hello')

    const second = makeCertificate({ names: ['localhost'], key: 'rsa' })
    write(second)
    await aws('acm', 'import-certificate', '--certificate-arn', arn, ...pem)
    const socket = connect({ port, host: 'localhost', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    assert.equal(String(socket.getPeerX509Certificate()), second.certificate)
    socket.destroy()
    assert.equal((await ask(session, { ':path': '/' })).text, 'hello')
    assert.equal(
      await aws('acm', 'describe-certificate', '--certificate-arn', arn, '--query', 'Certificate.InUseBy[0]'),
      loadBalancer,
    )
    await aws('elbv2', 'delete-listener', '--listener-arn', listener)
    await once(session, 'close')
    await aws('acm', 'delete-certificate', '--certificate-arn', arn)
  },
)

function listenerOptions(loadBalancer: string, protocol: string, port: number, action: string): readonly string[] {
  const options = { 'load-balancer-arn': loadBalancer, protocol, port, 'default-actions': action }
  return Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)])
}
