import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startEndpoint, type Endpoint } from '../../../src/aws/endpoint.ts'
import { securityTokenService } from '../../../src/aws/sts/service.ts'

describe('the security token service', () => {
  let endpoint: Endpoint
  let client: STSClient

  before(async () => {
    const log = { info: () => undefined, warn: () => undefined }
    const services = [securityTokenService()]
    endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId: '000000000000', log })
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    client = new STSClient({ region: 'eu-west-1', endpoint: endpoint.url, credentials, maxAttempts: 1 })
  })
  after(async () => {
    client.destroy()
    await endpoint.close()
  })

  test('tells the caller that they are the root user of the account', async () => {
    const { UserId, Account, Arn } = await client.send(new GetCallerIdentityCommand({}))
    assert.deepEqual(
      { UserId, Account, Arn },
      {
        UserId: '000000000000',
        Account: '000000000000',
        Arn: 'arn:aws:iam::000000000000:root',
      },
    )
  })

  test('answers the form that older clients send, in its own namespace', async () => {
    const answer = await fetch(endpoint.url, {
      method: 'POST',
      body: new URLSearchParams({ Action: 'GetCallerIdentity', Version: '2011-06-15' }),
    })
    assert.equal(answer.status, 200)
    assert.match(
      await answer.text(),
      /^<GetCallerIdentityResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/">.*<Account>000000000000</,
    )
  })

  test('refuses the others by name', async () => {
    const assumed = client.send(
      new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::000000000000:role/x', RoleSessionName: 'x1' }),
    )
    await assert.rejects(assumed, /AssumeRole/)
  })
})
