import { CodeDeployClient, CreateDeploymentCommand } from '@aws-sdk/client-codedeploy'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import type { BucketLocationConstraint } from '@aws-sdk/client-s3'
import { readFileSync } from 'node:fs'
import { given, unlessThere } from './place.ts'
import type { Place } from './place.ts'
import { registerTaskDefinition } from './service.ts'

const s3 = new S3Client({ forcePathStyle: process.env['AWS_ENDPOINT_URL'] !== undefined })

export async function createBucket(bucket: string): Promise<void> {
  const region = await s3.config.region()
  // S3's oldest region must not be named.
  const place = region === 'us-east-1' ? {} : { LocationConstraint: region as BucketLocationConstraint }
  const create = new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: place })
  await unlessThere(s3.send(create), 'BucketAlreadyOwnedByYou')
}

export async function putFile(bucket: string, key: string, content: string | Uint8Array): Promise<void> {
  try {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: content }))
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'NoSuchBucket') throw error
    throw new Error(`There is no bucket ${bucket}: run setup.ts first, or say in BUCKET which one it made`, {
      cause: error,
    })
  }
}

/**
 * Deploys images: a new revision of the directory's `taskdef.json`, named in its `appspec.yaml`, which is put into the
 * bucket. Answers the deployment's id.
 */
export async function release(name: string, directory: URL, images: readonly string[], place: Place): Promise<string> {
  const taskDefinition = await registerTaskDefinition(directory, images, place)
  const appSpec = readFileSync(new URL('appspec.yaml', directory), 'utf8').replace('<TASK_DEFINITION>', taskDefinition)
  const key = `${name}/appspec.yaml`
  await putFile(place.bucket, key, appSpec)
  const { deploymentId } = await new CodeDeployClient({}).send(
    new CreateDeploymentCommand({
      applicationName: name,
      deploymentGroupName: name,
      description: images.join(', '),
      revision: { revisionType: 'S3', s3Location: { bucket: place.bucket, key, bundleType: 'YAML' } },
    }),
  )
  return given(deploymentId)
}
