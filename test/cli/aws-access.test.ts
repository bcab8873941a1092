import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientConfiguration } from '../../src/cli/aws-access.ts'

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
  assert.throws(() => clientConfiguration({ endpointUrl: 'nonsense' }, noFiles), /'nonsense' is not a URL/)
})
