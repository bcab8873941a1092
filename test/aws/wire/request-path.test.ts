import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as cloudWatchSdk from '@aws-sdk/client-cloudwatch'
import * as ecsSdk from '@aws-sdk/client-ecs'
import * as elbv2Sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import * as lambdaSdk from '@aws-sdk/client-lambda'
import * as s3Sdk from '@aws-sdk/client-s3'
import type { Call, Handlers } from '../../../src/aws/handlers.ts'
import { AwsError } from '../../../src/domain/aws-error.ts'
import { readOperationTable } from '../../../src/aws/wire/operation-table.ts'
import { Caller } from './calls.ts'
import { RandomValues } from './random-values.ts'
import { allServices } from './rest-services.ts'
import { services } from './services.ts'

const ecsTarget = 'AmazonEC2ContainerServiceV20141113'
const signedFor = (region: string, service: string): string =>
  `AWS4-HMAC-SHA256 Credential=AKIA/20261120/${region}/${service}/aws4_request, SignedHeaders=host, Signature=00`

/** A handler which tells whose it is. */
const answered = (service: string) => () => {
  throw new AwsError('AccessDenied', service)
}

describe('an AWS call', () => {
  test('goes to the service of its X-Amz-Target, whatever it was signed for', async () => {
    const caller = new Caller(services({ ecs: { ListClusters: () => ({ clusterArns: ['a'] }) } }))
    const headers = { 'x-amz-target': `${ecsTarget}.ListClusters`, authorization: signedFor('eu-west-1', 'codedeploy') }
    const answer = await caller.send(headers, '{}')
    assert.equal(answer.status, 200)
    assert.deepEqual(JSON.parse(answer.body), { clusterArns: ['a'] })
    assert.equal(answer.headers['content-type'], 'application/x-amz-json-1.1')
    assert.equal(answer.headers['x-amzn-RequestId'], 'request-1')
  })

  test('goes to the service of its Action and Version when it is not signed', async () => {
    const caller = new Caller(services({ elbv2: { DescribeListeners: () => ({ Listeners: [] }) } }))
    const answer = await caller.query('Action=DescribeListeners&Version=2015-12-01')
    assert.equal(answer.status, 200)
    assert.match(answer.body, /<DescribeListenersResult><Listeners\/><\/DescribeListenersResult>/)
  })

  test('tells its handler the region it was signed for, the account and the user agent', async () => {
    let seen: Call | undefined
    const caller = new Caller(
      services({
        ecs: {
          ListClusters(_input, call) {
            seen = call
            return {}
          },
        },
      }),
    )
    const headers = { 'x-amz-target': `${ecsTarget}.ListClusters`, 'user-agent': 'aws-cli/1.45' }
    await caller.send({ ...headers, authorization: signedFor('ap-southeast-2', 'ecs') }, '{}')
    const call = { requestId: 'request-1', accountId: '000000000000', userAgent: 'aws-cli/1.45' }
    assert.deepEqual(seen, { ...call, region: 'ap-southeast-2' })
    await caller.send(headers, '{}')
    assert.deepEqual(seen, { ...call, region: 'us-east-1' })
  })

  test('to a service that is not there is refused by name', async () => {
    const caller = new Caller(services({}))
    const logs = await caller.json('Logs_20140328.PutLogEvents', {})
    assert.deepEqual(
      [logs.status, JSON.parse(logs.body)],
      [
        400,
        {
          __type: 'UnknownOperationException',
          message:
            'Teal does not implement the AWS service of Logs_20140328 PutLogEvents. ' +
            'It implements CodeDeploy, Amazon ECS, Elastic Load Balancing.',
        },
      ],
    )
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: signedFor('eu-west-1', 'sts'),
    }
    const sts = await caller.send(headers, 'Action=GetCallerIdentity&Version=2011-06-15')
    assert.equal(sts.status, 400)
    assert.match(sts.body, /<Code>InvalidAction<\/Code><Message>Teal does not implement the AWS service of sts GetCall/)
    const s3 = await caller.send({ authorization: signedFor('eu-west-1', 's3') }, '')
    assert.match(s3.body, /<Message>Teal does not implement the AWS service of s3\./)
    const nothing = await caller.send({}, '')
    assert.match(nothing.body, /The request names no AWS service\. It implements CodeDeploy/)
  })

  test('of REST goes to the service it was signed for, or else to the one whose path it has', async () => {
    const caller = new Caller(
      allServices({ s3: { GetObject: answered('S3') }, lambda: { GetFunction: answered('Lambda') } }),
    )
    const get = async (path: string, headers = {}) => (await caller.send(headers, '', `GET ${path}`)).body
    const path = '/2015-03-31/functions/f'
    assert.match(await get(path), /"Lambda"/)
    assert.match(await get(path, { authorization: signedFor('eu-west-1', 'lambda') }), /"Lambda"/)
    assert.match(await get(path, { authorization: signedFor('eu-west-1', 's3') }), /<Message>S3</)
    assert.match(await get(`${path}?X-Amz-Credential=AKIA/20261120/eu-west-1/s3/aws4_request`), /<Message>S3</)
    assert.match(await get('/bucket/key'), /<Message>S3</)
    assert.match(await get('/bucket/key', { 'x-amz-target': `${ecsTarget}.ListClusters` }), /of Amazon ECS/)
  })

  test('which is not signed and names a service that is not there is not taken for one of S3', async () => {
    const caller = new Caller(allServices({}))
    const logs = await caller.json('Logs_20140328.PutLogEvents', {})
    assert.match(logs.body, /"Teal does not implement the AWS service of Logs_20140328 PutLogEvents\./)
    const sts = await caller.query('Action=GetCallerIdentity&Version=2011-06-15')
    assert.match(sts.body, /<Message>Teal does not implement the AWS service of GetCallerIdentity\./)
    const path = '/service/Other/operation/Do'
    const cbor = await caller.send({ 'smithy-protocol': 'rpc-v2-cbor' }, '', `POST ${path}`)
    assert.match(cbor.body, /The request names no AWS service/)
    assert.match((await caller.send({}, '')).body, /The request names no AWS service/)
  })

  test('for an operation AWS has and Teal has not is refused, naming both service and operation', async () => {
    const caller = new Caller(services({}))
    const json = await caller.json(`${ecsTarget}.CreateCapacityProvider`, {})
    assert.equal(json.status, 400)
    assert.deepEqual(JSON.parse(json.body), {
      __type: 'UnknownOperationException',
      message: 'Teal does not implement the operation CreateCapacityProvider of Amazon ECS (yet).',
    })
    assert.equal(json.headers['x-amzn-errortype'], 'UnknownOperationException')
    const query = await caller.query('Action=CreateTrustStore&Version=2015-12-01')
    assert.equal(query.status, 400)
    assert.match(query.body, /<Code>InvalidAction<\/Code>/)
    assert.match(
      query.body,
      /Teal does not implement the operation CreateTrustStore of Elastic Load Balancing \(yet\)\./,
    )
  })

  test('for an operation nobody has is refused, also one named like a property of every object', async () => {
    const caller = new Caller(services({}))
    for (const name of ['Nonsense', 'constructor', '__proto__']) {
      const answer = await caller.json(`${ecsTarget}.${name}`, {})
      assert.equal(answer.status, 400)
      assert.match(answer.body, new RegExp(`Amazon ECS has no operation ${name}\\.`))
    }
  })

  test('which names no operation is told how to name one', async () => {
    const caller = new Caller(services({}))
    const json = await caller.send({ authorization: signedFor('eu-west-1', 'ecs') }, '{}')
    assert.match(json.body, /names no operation of Amazon ECS, which expects the header X-Amz-Target: AmazonEC2Con/)
    // Classic load balancers are signed for under the same name, in another version.
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: signedFor('eu-west-1', 'elasticloadbalancing'),
    }
    const query = await caller.send(headers, 'Action=DescribeLoadBalancers&Version=2012-06-01')
    assert.equal(query.status, 400)
    assert.match(query.body, /expects a form with Action=&#60;operation&#62;&#38;Version=2015-12-01/)
  })

  test('is checked before its handler sees it', async () => {
    const caller = new Caller(services({ codeDeploy: { GetDeployment: () => assert.fail('the handler was called') } }))
    const answer = await caller.json('CodeDeploy_20141006.GetDeployment', {})
    assert.deepEqual(
      [answer.status, JSON.parse(answer.body)],
      [400, { __type: 'DeploymentIdRequiredException', message: 'DeploymentId is missing' }],
    )
  })

  test('which its handler refuses answers the exception with its status and its members', async () => {
    const caller = new Caller(
      services({
        codeDeploy: {
          GetDeployment() {
            throw new AwsError('DeploymentDoesNotExistException', 'The deployment d-1 does not exist.')
          },
        },
        ecs: {
          ListClusters() {
            throw new AwsError('ConflictException', 'Not now.', { resourceIds: ['a'], unknown: 1 })
          },
          ListServices() {
            throw new AwsError('ServerException', 'A server fault.')
          },
        },
      }),
    )
    const missing = await caller.json('CodeDeploy_20141006.GetDeployment', { deploymentId: 'd-1' })
    assert.equal(missing.status, 400)
    assert.equal(missing.headers['x-amzn-errortype'], 'DeploymentDoesNotExistException')
    const { __type, message } = JSON.parse(missing.body) as Record<string, unknown>
    assert.deepEqual([__type, message], ['DeploymentDoesNotExistException', 'The deployment d-1 does not exist.'])
    const conflict = await caller.json(`${ecsTarget}.ListClusters`, {})
    const body = { __type: 'ConflictException', message: 'Not now.', resourceIds: ['a'] }
    assert.deepEqual(JSON.parse(conflict.body), body)
    const fault = await caller.json(`${ecsTarget}.ListServices`, {})
    assert.equal(fault.status, 500)
  })

  test('which a query service refuses answers the code of the wire, which is not the name of the exception', async () => {
    const caller = new Caller(
      services({
        elbv2: {
          DescribeTargetGroups({ Names }) {
            throw new AwsError(Names?.[0] ?? '', 'One or more target groups <not> found & so on')
          },
        },
      }),
    )
    const codeOf = async (name: string): Promise<unknown> => {
      const form = `Action=DescribeTargetGroups&Version=2015-12-01&Names.member.1=${name}`
      const { status, body } = await caller.query(form)
      assert.match(body, /<Message>One or more target groups &#60;not&#62; found &#38; so on<\/Message>/)
      assert.match(body, /<RequestId>request-1<\/RequestId>/)
      return [status, /<Type>(.*)<\/Type><Code>(.*)<\/Code>/.exec(body)?.slice(1)]
    }
    assert.deepEqual(await codeOf('TargetGroupNotFoundException'), [400, ['Sender', 'TargetGroupNotFound']])
    assert.deepEqual(await codeOf('ALPNPolicyNotSupportedException'), [400, ['Sender', 'ALPNPolicyNotFound']])
    assert.deepEqual(await codeOf('PriorRequestNotCompleteException'), [429, ['Sender', 'PriorRequestNotComplete']])
    assert.deepEqual(await codeOf('HealthUnavailableException'), [500, ['Receiver', 'HealthUnavailable']])
    assert.deepEqual(await codeOf('ValidationError'), [400, ['Sender', 'ValidationError']])
  })

  test('in which Teal itself fails answers 500 with what happened, and logs it', async () => {
    const caller = new Caller(
      services({
        ecs: {
          ListClusters() {
            throw new TypeError('undefined is not a cluster')
          },
          ListServices: () => Promise.reject(new Error('The disk is full: free some space.', { cause: 'ENOSPC' })),
        },
      }),
    )
    const bug = await caller.json(`${ecsTarget}.ListClusters`, {})
    assert.equal(bug.status, 500)
    assert.deepEqual(JSON.parse(bug.body), {
      __type: 'InternalFailure',
      message: 'Teal failed in Amazon ECS ListClusters. TypeError: undefined is not a cluster',
    })
    assert.match(
      caller.logged[0] ?? '',
      /^Amazon ECS ListClusters failed: TypeError: undefined is not a cluster\n +at /,
    )
    const disk = await caller.json(`${ecsTarget}.ListServices`, {})
    assert.match(disk.body, /"Teal failed in Amazon ECS ListServices\. The disk is full: free some space\."/)
    assert.equal(caller.logged[1], 'Amazon ECS ListServices failed: The disk is full: free some space.')
  })

  test('answers only what its handler has said: nothing absent is made up', async () => {
    const caller = new Caller(
      services({
        ecs: {
          CreateTaskSet: () => ({ taskSet: {} }),
          ListServices: () => ({ serviceArns: [], nextToken: undefined }),
        },
        elbv2: { DeregisterTargets: () => ({}) },
      }),
    )
    const input = { service: 's', cluster: 'c', taskDefinition: 't' }
    assert.equal((await caller.json(`${ecsTarget}.CreateTaskSet`, input)).body, '{"taskSet":{}}')
    assert.equal((await caller.json(`${ecsTarget}.ListServices`, {})).body, '{"serviceArns":[]}')
    const form = 'Action=DeregisterTargets&Version=2015-12-01&TargetGroupArn=a&Targets.member.1.Id=b'
    assert.equal(
      (await caller.query(form)).body,
      '<DeregisterTargetsResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">' +
        '<DeregisterTargetsResult/><ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata>' +
        '</DeregisterTargetsResponse>',
    )
  })

  test('writes timestamps as seconds in JSON and as ISO 8601 in XML', async () => {
    const time = new Date('2026-11-20T10:11:12.345Z')
    const caller = new Caller(
      services({
        codeDeploy: { GetDeployment: () => ({ deploymentInfo: { createTime: time } }) },
        elbv2: { DescribeLoadBalancers: () => ({ LoadBalancers: [{ CreatedTime: time }] }) },
      }),
    )
    const json = await caller.json('CodeDeploy_20141006.GetDeployment', { deploymentId: 'd-1' })
    assert.equal(json.body, '{"deploymentInfo":{"createTime":1795169472.345}}')
    const xml = await caller.query('Action=DescribeLoadBalancers&Version=2015-12-01')
    assert.match(xml.body, /<CreatedTime>2026-11-20T10:11:12\.345Z<\/CreatedTime>/)
  })

  test('which is damaged is the mistake of its sender, never a failure of Teal', async () => {
    const [ecsNames, elbv2Names] = [operationNames(ecsSdk), operationNames(elbv2Sdk)]
    const caller = new Caller(services({ ecs: answeringAll(ecsNames), elbv2: answeringAll(elbv2Names) }))
    const random = new RandomValues(4566)
    const json =
      '{"service":"a","services":["b"],"loadBalancers":[{"containerPort":80}],"tags":[{"key":"\\u00e9"}],"n":1.5}'
    const form = '&Name=a&Actions.member.1.ForwardConfig.TargetGroups.member.1.Weight=1&Names.member.2=b&Targets='
    for (let i = 0; i < 4000; i++) {
      const [operation, action] = [ecsNames[i % ecsNames.length], elbv2Names[i % elbv2Names.length]]
      const answers = [
        await caller.json(`${ecsTarget}.${operation}`, damaged(json, random)),
        await caller.query(`Version=2015-12-01&Action=${action}${damaged(form, random)}`),
      ]
      for (const { status, body } of answers) assert.ok(status === 200 || status === 400, body)
    }
    assert.deepEqual(caller.logged, [])
  })

  test('of REST or CBOR which is damaged is the mistake of its sender too', async () => {
    const cloudWatchNames = operationNames(cloudWatchSdk)
    const handlers = {
      s3: answeringAll(operationNames(s3Sdk)),
      lambda: answeringAll(operationNames(lambdaSdk)),
      cloudWatch: answeringAll(cloudWatchNames),
    }
    const caller = new Caller(allServices(handlers))
    const random = new RandomValues(4567)
    const xml = '<Delete xmlns="x"><Object><Key>a</Key><Size>1</Size></Object><Quiet>true</Quiet></Delete>'
    const json = '{"Code":{"ZipFile":"AAEC"},"Timeout":3,"Layers":["a"],"Environment":{"Variables":{"a":"b"}}}'
    const cbor = Buffer.from(
      'a2694e616d657370616365616e6a4d65747269634461746181a16a4d65747269634e616d65616d',
      'hex',
    ).toString('latin1')
    const chunked = { 'content-encoding': 'aws-chunked', 'x-amz-decoded-content-length': '3' }
    const at = (path: string) => damaged(path, random)
    for (let i = 0; i < 2000; i++) {
      const operation = cloudWatchNames[i % cloudWatchNames.length]
      const path = `POST /service/GraniteServiceVersion20100801/operation/${operation}`
      const answers = [
        await caller.send({}, damaged(xml, random), `POST /bucket?${at('delete&x-id=a&versionId=%C3%A9')}`),
        await caller.send({}, '', `GET /b${at('ucket/a%20b+c?partNumber=1&response-expires=2026-01-01')}`),
        await caller.send(chunked, damaged('3;chunk-signature=a\r\nabc\r\n0\r\na:b\r\n\r\n', random), 'PUT /bucket/k'),
        await caller.send({}, damaged(json, random), `POST /2015-03-31/functions`),
        await caller.send({}, 'x', `POST /2015-03-31${at('/functions/arn%3Aaws/invocations?Qualifier=1')}`),
        await caller.send({ 'smithy-protocol': 'rpc-v2-cbor' }, Buffer.from(damaged(cbor, random), 'latin1'), path),
      ]
      for (const { status, body } of answers) assert.ok(status < 500 || status === 501, `${status} ${body}`)
    }
    assert.deepEqual(caller.logged, [])
  })

  test('takes under a millisecond, and a service under 50 to set up', async () => {
    const handlers: Handlers<typeof ecsSdk> = {
      DescribeServices: ({ services: names }) => ({ services: names.map((serviceName) => ({ serviceName })) }),
    }
    const caller = new Caller(services({ ecs: handlers }))
    const input = { services: ['a', 'b', 'c'] }
    const call = await fastestMilliseconds(300, () => caller.json(`${ecsTarget}.DescribeServices`, input))
    const setUp = await fastestMilliseconds(10, () => services({ ecs: handlers }))
    assert.ok(call < 1, `the fastest call took ${call} ms`)
    assert.ok(setUp / 3 < 50, `the fastest set-up of three services took ${setUp} ms`)
  })
})

function operationNames(sdk: object): string[] {
  return [...readOperationTable(sdk).operations.keys()]
}

function answeringAll(operations: readonly string[]): Record<string, () => object> {
  return Object.fromEntries(operations.map((name) => [name, () => ({})]))
}

/** A text with a few characters replaced, removed or moved. */
function damaged(original: string, random: RandomValues): string {
  let damage = original
  for (let i = random.next(4); i >= 0; i--) {
    const [from, to] = [random.next(damage.length), random.next(damage.length)]
    const piece = ['', '.', '=', '&', '%', '[', '{', '"', '9', 'null', '\u0000', damage.slice(to, to + 5)][
      random.next(12)
    ]
    damage = damage.slice(0, from) + piece + damage.slice(from + random.next(4))
  }
  return damage
}

/** Of many times: on a busy machine the others measure the machine. */
async function fastestMilliseconds(times: number, work: () => unknown): Promise<number> {
  let fastest = Infinity
  for (let i = 0; i < times; i++) {
    const before = performance.now()
    await work()
    fastest = Math.min(fastest, performance.now() - before)
  }
  return fastest
}
