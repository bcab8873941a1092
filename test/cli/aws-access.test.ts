import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodeDeployClient, ListApplicationsCommand } from '@aws-sdk/client-codedeploy'
import { DescribeListenersCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { clientConfiguration, forAwsUser } from '../../src/cli/aws-access.ts'

const noFiles = { AWS_CONFIG_FILE: '/nonexistent/config', AWS_SHARED_CREDENTIALS_FILE: '/nonexistent/credentials' }
const teal = { accessKeyId: 'teal', secretAccessKey: 'teal' }

test('where nothing at all is configured, it is Teal on this machine', () => {
  assert.deepEqual(clientConfiguration({}, noFiles), {
    endpoint: 'http://127.0.0.1:4566',
    region: 'us-east-1',
    credentials: teal,
  })
})

test('an endpoint of this machine needs no more configuration than itself', () => {
  const environment = { ...noFiles, AWS_ENDPOINT_URL: 'http://localhost:5000' }
  assert.deepEqual(clientConfiguration({}, environment), {
    endpoint: 'http://localhost:5000',
    region: 'us-east-1',
    credentials: teal,
  })
})

test("whoever has configured AWS's clients means what they configured", () => {
  const account = { ...noFiles, AWS_PROFILE: 'work', AWS_REGION: 'eu-west-1' }
  assert.deepEqual(clientConfiguration({}, account), { region: 'eu-west-1' })
  assert.deepEqual(clientConfiguration({}, { ...noFiles, AWS_CONFIG_FILE: import.meta.filename }), {})
  const elsewhere = { ...noFiles, AWS_ENDPOINT_URL: 'https://codedeploy.eu-west-1.amazonaws.com' }
  assert.deepEqual(clientConfiguration({}, elsewhere), { endpoint: elsewhere.AWS_ENDPOINT_URL })
})

test('a variable that is empty is one that is not set', () => {
  const empty = { ...noFiles, AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_CODEDEPLOY: '', AWS_PROFILE: '', AWS_REGION: '' }
  assert.deepEqual(clientConfiguration({}, empty), clientConfiguration({}, noFiles))
  const general = { ...empty, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }
  assert.equal(clientConfiguration({}, general).endpoint, 'http://127.0.0.1:1')
  assert.throws(() => clientConfiguration({ endpointUrl: '' }, noFiles), /--endpoint-url is '', which is no URL/)
})

test('what is said on the command line counts most, the variable for CodeDeploy more than the one for all', () => {
  const environment = {
    ...noFiles,
    AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
    AWS_ENDPOINT_URL_CODEDEPLOY: 'http://127.0.0.1:2',
    AWS_DEFAULT_REGION: 'eu-north-1',
  }
  assert.equal(clientConfiguration({}, environment).endpoint, 'http://127.0.0.1:2')
  assert.equal(clientConfiguration({}, environment).region, 'eu-north-1')
  const said = clientConfiguration({ endpointUrl: 'http://127.0.0.1:3', region: 'sa-east-1' }, environment)
  assert.deepEqual([said.endpoint, said.region], ['http://127.0.0.1:3', 'sa-east-1'])
})

test('an endpoint that is no URL of the web is told with where it stands and what to write', () => {
  const urls = [
    ['localhost:4577', 'http://localhost:4577'],
    ['127.0.0.1:4577', 'http://127.0.0.1:4577'],
    ['ftp://127.0.0.1:4577', 'http://127.0.0.1:4566'],
    ['nonsense', 'http://127.0.0.1:4566'],
  ] as const
  for (const [url, meant] of urls) {
    const message = (place: string): string =>
      `${place} is '${url}', which is no URL of http:// or https://: write ${meant}`
    for (const name of ['AWS_ENDPOINT_URL', 'AWS_ENDPOINT_URL_CODEDEPLOY']) {
      const environment = { ...noFiles, [name]: url }
      assert.throws(() => clientConfiguration({}, environment), { name: 'CliError', message: message(name) })
    }
    assert.throws(() => clientConfiguration({ endpointUrl: url }, noFiles), { message: message('--endpoint-url') })
  }
})

test('what answers and is no service of AWS is told as that', async (t) => {
  const page = 'HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>'
  for (const [answer, sign] of [
    [page, 'HTTP 502'],
    ['SSH-2.0-OpenSSH_10.0\r\n', 'HPE_INVALID_CONSTANT'],
  ] as const) {
    const server = createServer((socket) => socket.once('data', () => socket.end(answer)))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const configuration = { endpoint, region: 'us-east-1', credentials: teal, maxAttempts: 1 }
    const access = { endpoint: () => endpoint }
    const calls = [
      new CodeDeployClient(configuration).send(new ListApplicationsCommand()),
      new ElasticLoadBalancingV2Client(configuration).send(new DescribeListenersCommand()),
    ]
    for (const call of calls) {
      await assert.rejects(
        call.catch((error: unknown) => Promise.reject(forAwsUser(error, access) as Error)),
        {
          name: 'CliError',
          message: `what answers at ${endpoint} does not speak AWS's API (${sign}). Set AWS_ENDPOINT_URL (or --endpoint-url) to where Teal is.`,
        },
      )
    }
  }
})

test('a region that is none is told without a trace of the program', async () => {
  const client = new CodeDeployClient({ endpoint: 'http://127.0.0.1:1', region: 'us east', credentials: teal })
  const call = client.send(new ListApplicationsCommand()).catch((error: unknown) => error)
  const told = forAwsUser(await call, { endpoint: () => '' })
  assert.match(String(told), /^CliError: no call can be made: Region not accepted: region="us east"/)
})

test('where a profile has no credentials it is named, as it counts more than keys that are set', async (t) => {
  const error = Object.assign(new Error('Could not load credentials from any providers'), {
    name: 'CredentialsProviderError',
  })
  const told = (): string => String(forAwsUser(error, { endpoint: () => '' }))
  const before = process.env['AWS_PROFILE']
  t.after(() => {
    if (before === undefined) delete process.env['AWS_PROFILE']
    else process.env['AWS_PROFILE'] = before
  })
  delete process.env['AWS_PROFILE']
  assert.match(told(), /from any providers\. For Teal any will do: set AWS_ACCESS_KEY_ID=teal and/)
  process.env['AWS_PROFILE'] = 'work'
  assert.match(told(), /unset AWS_PROFILE, which is 'work' and counts more than keys, and set AWS_ACCESS_KEY_ID=teal/)
})
