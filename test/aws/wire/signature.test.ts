import { CodeDeployClient } from '@aws-sdk/client-codedeploy'
import { DescribeClustersCommand, ECSClient } from '@aws-sdk/client-ecs'
import { DescribeRulesCommand, ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import type { WireRequest } from '../../../src/aws/wire/protocol.ts'
import { receiveBody, receiveHead } from '../../../src/aws/wire/receive.ts'
import { headProblem, signatureProblem } from '../../../src/aws/wire/signature.ts'

type Presigner = {
  presign(request: object, options: { readonly expiresIn: number }): Promise<{ query: Record<string, string> }>
}

const key = { accessKeyId: 'TEALAAAABBBBCCCCDDDD', secretAccessKey: 'a secret of somebody' }

describe('signatures of the official clients', () => {
  const received: WireRequest[] = []
  const server = createServer((message, response) => {
    void (async () => {
      const body = await receiveBody(message, 1_000_000)
      received.push({ ...receiveHead(message), body: body === 'tooLarge' ? Buffer.alloc(0) : body })
      response.writeHead(400).end()
    })()
  })
  let configuration = { endpoint: '', region: 'eu-west-1', credentials: key, maxAttempts: 1 }
  before(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    configuration = { ...configuration, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
  })
  after(() => server.close())

  const requestOf = async (call: Promise<unknown>): Promise<WireRequest> => {
    await call.catch(() => undefined)
    const request = received.pop()
    assert(request)
    return request
  }
  const s3 = () => new S3Client({ ...configuration, forcePathStyle: true })
  const calls: Readonly<Record<string, () => Promise<unknown>>> = {
    'of ECS': () => new ECSClient(configuration).send(new DescribeClustersCommand({ clusters: ['one  two'] })),
    'of Elastic Load Balancing': () =>
      new ElasticLoadBalancingV2Client(configuration).send(new DescribeRulesCommand({ PageSize: 3 })),
    'of Lambda, with an ARN in the path': () =>
      new LambdaClient(configuration).send(
        new GetFunctionCommand({
          FunctionName: 'arn:aws:lambda:eu-west-1:000000000000:function:judge',
          Qualifier: '1',
        }),
      ),
    'of S3, with a key that has to be encoded': () =>
      s3().send(new PutObjectCommand({ Bucket: 'b', Key: 'a b/ä+(1)*.txt', Body: 'text' })),
    'of S3, with a query': () => s3().send(new ListObjectsV2Command({ Bucket: 'b', Prefix: 'x/ y~z', Delimiter: '/' })),
  }

  for (const [whose, call] of Object.entries(calls)) {
    test(`a call ${whose} is known by its key, and refused with any other`, async () => {
      const request = await requestOf(call())
      assert.equal(signatureProblem(request, key, Date.now()), undefined)
      const other = { ...key, secretAccessKey: 'another' }
      assert.equal(signatureProblem(request, other, Date.now())?.code, 'SignatureDoesNotMatch')
      assert.equal(
        signatureProblem(request, { ...key, accessKeyId: 'A' }, Date.now())?.code,
        'UnrecognizedClientException',
      )
      const head = { ...request, body: Buffer.alloc(0) }
      assert.equal(headProblem(head, key, Date.now()), undefined)
      assert.equal(headProblem(head, { ...key, accessKeyId: 'A' }, Date.now())?.code, 'UnrecognizedClientException')
      assert.equal(signatureProblem(request, key, Date.now() + 16 * 60_000)?.code, 'RequestExpired')
    })
  }

  test('a body that was changed, and a request without a signature, are refused', async () => {
    const request = await requestOf(new ECSClient(configuration).send(new DescribeClustersCommand({})))
    const changed = { ...request, body: Buffer.from('{"clusters":["x"]}') }
    assert.equal(signatureProblem(changed, key, Date.now())?.code, 'SignatureDoesNotMatch')
    const { authorization: _, ...headers } = request.headers
    assert.equal(signatureProblem({ ...request, headers }, key, Date.now())?.code, 'MissingAuthenticationToken')
  })

  test('an object of somebody else is known by its head alone', async () => {
    const request = await requestOf(s3().send(new PutObjectCommand({ Bucket: 'b', Key: 'upload', Body: 'text' })))
    const head = { ...request, body: Buffer.alloc(0) }
    assert.equal(headProblem(head, key, Date.now()), undefined)
    const other = { ...key, secretAccessKey: 'another' }
    assert.equal(headProblem(head, other, Date.now())?.code, 'SignatureDoesNotMatch')
  })

  test('a header that says what is done is refused where it was not signed, as it is by S3', async () => {
    const request = await requestOf(s3().send(new PutObjectCommand({ Bucket: 'b', Key: 'upload', Body: '' })))
    const added = { ...request, headers: { ...request.headers, 'x-amz-copy-source': '/b/secret' } }
    assert.deepEqual(signatureProblem(added, key, Date.now()), {
      code: 'AccessDenied',
      message: 'There were headers present in the request which were not signed: x-amz-copy-source',
    })
  })
})

describe('a presigned URL', () => {
  test('is good for what it was made for, and for no other call', async () => {
    assert.equal(signatureProblem(await presigned(), key, Date.now()), undefined)
    const digestOfNothing = createHash('sha256').digest('hex')
    const headers = {
      'x-amz-target': 'CodeDeploy_20141006.CreateApplication',
      'x-amz-content-sha256': digestOfNothing,
    }
    const another = await presigned(headers, '{"applicationName":"app","computePlatform":"ECS"}')
    assert.equal(signatureProblem(another, key, Date.now())?.code, 'AccessDenied')
  })
})

/** `GET /`, signed with a client's own signer. */
async function presigned(headers = {}, body = ''): Promise<WireRequest> {
  const { config } = new CodeDeployClient({ endpoint: 'http://127.0.0.1', region: 'eu-west-1', credentials: key })
  const make = config.signer as unknown as () => Promise<Presigner>
  const signer = await make()
  const host = '127.0.0.1:4566'
  const asked = { protocol: 'http:', hostname: '127.0.0.1', method: 'GET', path: '/', query: {}, headers: { host } }
  const { query } = await signer.presign(asked, { expiresIn: 60 })
  const request = { method: 'GET', path: '/', query: new URLSearchParams(query) }
  return { ...request, headers: { host, ...headers }, body: Buffer.from(body) }
}
