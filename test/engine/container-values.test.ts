import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { ContainerDefinition } from '../../src/domain/task-definition.ts'
import { containerValues } from '../../src/engine/container-values.ts'
import { TaskStartError } from '../../src/engine/ports.ts'
import type { SchedulerContext } from '../../src/engine/scheduler-context.ts'
import { Store } from '../../src/engine/store.ts'
import { aTask, aTaskDefinition } from '../world/a-service.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

const secretArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:db-0a1b2c'
const asm =
  'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 time(s): '

function values(container: Partial<ContainerDefinition>, files: Readonly<Record<string, string>> = {}) {
  const store = new Store(new MemoryPersistence())
  const version = { createdAt: 0, isBinary: false }
  store.secrets.put('us-east-1/db', {
    arn: secretArn,
    name: 'db',
    region: 'us-east-1',
    createdAt: 0,
    changedAt: 0,
    tags: {},
    versions: [
      { ...version, versionId: 'v1', stages: ['AWSPREVIOUS'], value: '{"password":"old"}' },
      { ...version, versionId: 'v2', stages: ['AWSCURRENT'], value: '{"password":"hush","port":5432}' },
    ],
  })
  const parameter = { region: 'us-east-1', type: 'String', dataType: 'text', tier: 'Standard', tags: {} } as const
  store.parameters.put('us-east-1//app/url', {
    ...parameter,
    arn: 'arn:aws:ssm:us-east-1:000000000000:parameter/app/url',
    name: '/app/url',
    versions: [{ version: 1, value: 'http://x', modifiedAt: 0, modifiedBy: '' }],
  })
  const objects = {
    read: async ({ bucket, key }: { bucket: string; key: string }) => {
      const text = files[`${bucket}/${key}`]
      return text === undefined ? undefined : { content: Buffer.from(text), eTag: '' }
    },
  }
  const [web] = aTaskDefinition().containerDefinitions
  assert.ok(web)
  const definition = aTaskDefinition({ containerDefinitions: [{ ...web, ...container }] })
  const context = { store, objects, clock: new VirtualClock() } as Partial<SchedulerContext> as SchedulerContext
  return containerValues(context, aTask('a'), definition)
}

const secret = (valueFrom: string) => ({ secrets: [{ name: 'S', valueFrom }] })

describe("a container's secrets", () => {
  for (const [valueFrom, expected] of [
    [secretArn, '{"password":"hush","port":5432}'],
    [secretArn.slice(0, -7), '{"password":"hush","port":5432}'],
    [`${secretArn}:password::`, 'hush'],
    [`${secretArn}:port::`, '5432'],
    [`${secretArn}:password:AWSPREVIOUS:`, 'old'],
    [`${secretArn}:password::v1`, 'old'],
    ['/app/url', 'http://x'],
    ['arn:aws:ssm:us-east-1:000000000000:parameter/app/url', 'http://x'],
  ] as const) {
    test(`${valueFrom} is ${expected}`, async () => {
      assert.deepEqual(await values(secret(valueFrom)), { web: { S: expected } })
    })
  }

  for (const [valueFrom, reason] of [
    [
      'arn:aws:secretsmanager:us-east-1:000000000000:secret:none-0a1b2c',
      `${asm}failed to fetch secret arn:aws:secretsmanager:us-east-1:000000000000:secret:none-0a1b2c from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.`,
    ],
    [`${secretArn}:user::`, `${asm}retrieved secret from Secrets Manager did not contain json key user`],
    [
      '/app/none',
      'ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: /app/none',
    ],
  ] as const) {
    test(`${valueFrom}, which is not there, keeps the task from starting`, async () => {
      await assert.rejects(values(secret(valueFrom)), new TaskStartError(reason))
    })
  }
})

const file = (key: string) => ({ value: `arn:aws:s3:::config/${key}`, type: 's3' }) as const

describe("a container's environment files", () => {
  test('are read line by line, and of a name in several the first file counts', async () => {
    const files = { 'config/a.env': '# no\nA=1=2\r\n\nB= two ', 'config/b.env': 'A=other\nC="quoted"\nnonsense' }
    assert.deepEqual(await values({ environmentFiles: [file('a.env'), file('b.env')] }, files), {
      web: { A: '1=2', B: ' two ', C: '"quoted"' },
    })
  })

  test('that are not there keep the task from starting', async () => {
    await assert.rejects(values({ environmentFiles: [file('none.env')] }), {
      message:
        'ResourceInitializationError: failed to download env files: arn:aws:s3:::config/none.env: there is no such object in S3',
    })
  })
})
