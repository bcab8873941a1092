import { CreateFunctionCommand, LambdaClient, type Runtime } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { zipSync } from 'fflate'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { Theatre } from '../survival/theatre.ts'
import { missing } from './command.ts'

const hooks = new URL('../../examples/webserver/hooks/', import.meta.url)
const withoutBoto3 = await missing('python3', ['-c', 'import boto3'])

/** `examples/hello` answers these; `/nowhere` with 404, as it is listed. */
const goodList = ['/', '/health,200', '/slow?ms=1', '/nowhere,404', '/?a=b']
const badList = ['/', '/health', '/gone/1', '/gone/2', '/gone/3']

describe('a deployment is judged by a list of URLs', { timeout: 200_000 }, () => {
  let theatre: Theatre
  before(async () => {
    theatre = await Theatre.open('300ms')
    const s3 = new S3Client({ ...theatre.clientConfiguration, forcePathStyle: true })
    await s3.send(new CreateBucketCommand({ Bucket: 'lists' }))
    await put(s3, 'good.csv', goodList)
    await put(s3, 'bad.csv', badList)
    await put(s3, 'pages.csv', ['/', '/health', '/slow?ms=1'])
    s3.destroy()
    for (const list of ['good', 'bad', 'none']) await createFunction('acceptance.mjs', list)
    if (withoutBoto3 === false) for (const list of ['pages', 'bad']) await createFunction('acceptance.py', list)
  })
  after(() => theatre?.close())

  async function createFunction(file: string, list: string): Promise<void> {
    const isPython = file.endsWith('.py')
    const lambda = new LambdaClient(theatre.clientConfiguration)
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: `${file.replace('.', '-')}-${list}`,
        Runtime: (isPython ? 'python3.13' : 'nodejs24.x') satisfies Runtime,
        Handler: isPython ? 'acceptance.lambda_handler' : 'acceptance.handler',
        Role: 'arn:aws:iam::000000000000:role/lambda',
        Timeout: 300,
        Code: { ZipFile: zipSync({ [file]: readFileSync(new URL(file, hooks)) }) },
        Environment: {
          Variables: {
            BUCKET: 'lists',
            FILEPATH: `${list}.csv`,
            ENDPOINT: (theatre.loadBalancing?.testUrl ?? '').replace('http://', ''),
            ACCEPTANCE_THRESHOLD: '95',
          },
        },
      }),
    )
    lambda.destroy()
  }

  /** What the hook wrote, and how the deployment ended. */
  async function deployed(image: string, functionName: string) {
    const deploymentId = await theatre.deploy(image, { AfterAllowTestTraffic: functionName })
    const ended = await theatre.ended(deploymentId)
    const { lifecycleEvents = [] } = await theatre.target(deploymentId)
    const event = lifecycleEvents.find(({ lifecycleEventName }) => lifecycleEventName === 'AfterAllowTestTraffic')
    return { ended, said: event?.diagnostics?.logTail ?? '' }
  }

  async function live(): Promise<string | null> {
    const answer = await fetch(theatre.loadBalancing?.productionUrl ?? '')
    await answer.arrayBuffer()
    return answer.headers.get('x-hello-version')
  }

  test('a green that answers as listed goes live', async () => {
    const { ended } = await deployed('hello:2', 'acceptance-mjs-good')
    assert.equal(ended.status, 'Succeeded', ended.errorInformation?.message)
    assert.equal(await live(), '2')
  })

  test('one that does not is rolled back, and the deployment tells which URLs failed', async () => {
    const { ended, said } = await deployed('hello:1', 'acceptance-mjs-bad')
    assert.equal(ended.status, 'Failed')
    assert.equal(ended.errorInformation?.code, 'HOOK_EXECUTION_FAILURE')
    assert.match(said, /3 × answered 404 instead of 200: \/gone\/1, \/gone\/2, \/gone\/3/)
    assert.match(said, /NOT PASSED: 2 of 5 URLs passed \(40 %\), the threshold is 95 %\./)
    const rollback = await theatre.ended(ended.rollbackInfo?.rollbackDeploymentId ?? '')
    assert.equal(rollback.status, 'Succeeded')
    assert.equal(await live(), '2')
  })

  test('a list that is not there lets nothing through, and that is said', async () => {
    const { ended, said } = await deployed('hello:1', 'acceptance-mjs-none')
    assert.equal(ended.status, 'Failed')
    assert.match(said, /NOT PASSED: it could not be judged: the list s3:\/\/lists\/none\.csv cannot be read/)
    await theatre.ended(ended.rollbackInfo?.rollbackDeploymentId ?? '')
  })

  test('the same hook in Python judges the same', { skip: withoutBoto3 }, async () => {
    const bad = await deployed('hello:1', 'acceptance-py-bad')
    assert.equal(bad.ended.status, 'Failed')
    assert.match(bad.said, /\/gone\/2: 404/)
    assert.match(bad.said, /TEST RESULT: NOT PASSED: 2 of 5 answered 200 \(40\.00 %\), the threshold is 95 %/)
    await theatre.ended(bad.ended.rollbackInfo?.rollbackDeploymentId ?? '')
    const good = await deployed('hello:1', 'acceptance-py-pages')
    assert.equal(good.ended.status, 'Succeeded', good.said)
    assert.equal(await live(), '1')
  })
})

async function put(s3: S3Client, key: string, lines: readonly string[]): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket: 'lists', Key: key, Body: `${lines.join('\n')}\n` }))
}
