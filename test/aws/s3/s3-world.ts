import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { CreateBucketCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3'
import { ObjectFilesOnDisk } from '../../../src/adapters/object-files.ts'
import { SystemChance } from '../../../src/adapters/system-chance.ts'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import { s3 } from '../../../src/aws/s3/service.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { ObjectStore } from '../../../src/engine/object-store.ts'
import { Store } from '../../../src/engine/store.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'

export type S3World = Awaited<ReturnType<typeof openS3World>>

/** The S3 surface on a real endpoint with a real client, its bytes in real files. */
export async function openS3World(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'teal-s3-'))
  const store = new Store(new MemoryPersistence())
  const time = { now: 1_700_000_000_123 }
  const tools = { store, clock: { now: () => time.now } as Engine['clock'], chance: new SystemChance() }
  const objects = new ObjectStore({ ...tools, files: new ObjectFilesOnDisk(directory) })
  const logged: string[] = []
  const log = { info: () => undefined, warn: (message: string) => void logged.push(message) }
  const services = [s3({ ...tools, objects })]
  const endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId: '000000000000', log })
  const client = s3ClientOf(endpoint.url)
  t.after(async () => {
    client.destroy()
    await endpoint.close()
    rmSync(directory, { recursive: true, force: true })
    assert.deepEqual(logged, [], 'the endpoint had nothing to complain of')
  })
  return { store, time, objects, directory, url: endpoint.url, client, logged }
}

export function s3ClientOf(endpoint: string, region = 'us-east-1'): S3Client {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return new S3Client({ endpoint, region, credentials, maxAttempts: 1, forcePathStyle: true })
}

export async function createBucket({ client }: Pick<S3World, 'client'>, Bucket = 'bucket'): Promise<string> {
  await client.send(new CreateBucketCommand({ Bucket }))
  return Bucket
}

export async function put({ client }: Pick<S3World, 'client'>, Key: string, Body: string | Uint8Array = Key) {
  return client.send(new PutObjectCommand({ Bucket: 'bucket', Key, Body }))
}

/** Checks that a call is refused with the code, and answers the error. */
export async function refusesS3(call: Promise<unknown>, code: string, status?: number): Promise<S3ServiceException> {
  let refusal: S3ServiceException | undefined
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof S3ServiceException, String(error))
    assert.equal(error.name, code, error.message)
    if (status !== undefined) assert.equal(error.$metadata.httpStatusCode, status)
    refusal = error
    return true
  })
  assert.ok(refusal)
  return refusal
}

const run = promisify(execFile)

/** Whether there is an `aws` command on this machine; said aloud where there is none. */
export async function hasAwsCli(t: TestContext): Promise<boolean> {
  try {
    await run('aws', ['--version'])
    return true
  } catch {
    t.skip('There is no `aws` command on this machine.')
    return false
  }
}

/** Runs `aws` against an endpoint and answers what it prints. */
export async function awsCli(endpoint: string, ...args: readonly string[]): Promise<string> {
  const environment = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_MAX_ATTEMPTS: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const { stdout } = await run('aws', [...args], { env: environment })
  return stdout
}
