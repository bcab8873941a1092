import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as codeDeploy from '@aws-sdk/client-codedeploy'
import type * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2'
import type * as lambda from '@aws-sdk/client-lambda'
import type * as s3 from '@aws-sdk/client-s3'
import { awsService, type Handlers } from '../../src/aws/handlers.ts'
import { jsonProtocol } from '../../src/aws/wire/json-protocol.ts'
import { refuseByMember } from '../../src/aws/wire/refusal.ts'

type CodeDeploy = Handlers<typeof codeDeploy>
type LoadBalancing = Handlers<typeof elbv2>
type S3 = Handlers<typeof s3>
type Lambda = Handlers<typeof lambda>

/** What follows is checked by the compiler: each `@ts-expect-error` fails to compile where there is no error. */
const accepted = {
  // A required member is there: the wire has seen to it, also inside of structures and lists.
  GetDeployment: ({ deploymentId }) => ({ deploymentInfo: { deploymentId: deploymentId.toUpperCase() } }),
  AddTagsToOnPremisesInstances: ({ instanceNames }) => {
    instanceNames.map((name) => name.length)
    return {}
  },
  // An optional one may not be.
  CreateDeployment: async ({ applicationName, revision }) => {
    applicationName.length.toFixed()
    return { deploymentId: revision?.appSpecContent?.content ?? 'none' }
  },
  // The domain's read-only lists may be answered as they are.
  ListApplications: () => ({ applications: ['a'] as const }),
} satisfies CodeDeploy

const ofElements: LoadBalancing = {
  CreateRule: ({ Actions }) => ({ Rules: [{ Actions: Actions.map(({ Type }) => ({ Type })) }] }),
}

// What a client may stream has come whole, and is answered whole.
const ofBytes: S3 & Lambda = {
  PutObject: ({ Body }) => ({ Size: Body?.byteLength }),
  GetObject: ({ Key }) => ({ Body: Key === 'text' ? 'text' : new Uint8Array(1) }),
  Invoke: ({ Payload }) => ({ Payload: Buffer.from(Payload?.subarray(1) ?? []) }),
  UpdateFunctionCode: ({ ZipFile }) => ({ CodeSize: ZipFile?.length }),
}

export const refusedByTheCompiler: CodeDeploy[] = [
  // @ts-expect-error a status outside its enum
  { GetDeployment: () => ({ deploymentInfo: { status: 'Nope' } }) },
  // @ts-expect-error an operation which is not there
  { GetDeploymentz: () => ({}) },
  // @ts-expect-error a member which is not there
  { GetDeployment: ({ deploymentName }) => ({ deploymentInfo: { deploymentId: deploymentName } }) },
  // @ts-expect-error a member that may be absent
  { CreateDeployment: ({ description }) => ({ deploymentId: description.trim() }) },
  // @ts-expect-error seconds where a Date is wanted
  { GetDeployment: () => ({ deploymentInfo: { createTime: 17 } }) },
]

export const bytesRefusedByTheCompiler: S3[] = [
  // @ts-expect-error a browser's blob where bytes are wanted, whole or in pieces
  { GetObject: () => ({ Body: new Blob() }) },
  // @ts-expect-error bytes which are taken for a stream
  { PutObject: ({ Body }) => ({ ETag: Body?.pipe() }) },
]

describe('the handlers of a service', () => {
  test('are typed by the SDK and found by the names of their operations', () => {
    const service = awsService({
      name: 'CodeDeploy',
      signingName: 'codedeploy',
      protocol: jsonProtocol({ version: '1.1', targetPrefix: 'CodeDeploy_20141006' }),
      sdk: '@aws-sdk/client-codedeploy',
      handlers: accepted,
      refuse: refuseByMember({}),
    })
    assert.deepEqual([...service.handlers.keys()], Object.keys(accepted))
    assert.ok(service.table().operations.size >= 47)
    assert.equal(Object.keys(ofElements).length + Object.keys(ofBytes).length, 5)
  })
})
