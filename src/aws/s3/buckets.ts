import type * as sdk from '@aws-sdk/client-s3'
import { AwsError } from '../../domain/aws-error.ts'
import type { Bucket } from '../../domain/s3.ts'
import type { Call, Handlers } from '../handlers.ts'
import { invalidArgument, notImplemented, refuseOthers } from './errors.ts'
import { bucketNamed, checkedBucketName, objectsIn, type S3Tools } from './lookups.ts'

/** Buckets, and whether they keep versions. */
export function bucketHandlers(tools: S3Tools) {
  return { ...bucketChanges(tools), ...bucketQueries(tools), ...versioning(tools) }
}

function bucketChanges({ store, clock, objects }: S3Tools) {
  return {
    CreateBucket(input, call) {
      refuseOthers('CreateBucket', input, ['Bucket', 'CreateBucketConfiguration', 'ACL', 'ObjectOwnership'])
      const { ACL: acl = 'private', ObjectOwnership: ownership = 'BucketOwnerEnforced' } = input
      if (acl !== 'private') throw notImplemented(`the ACL ${acl}`)
      if (ownership !== 'BucketOwnerEnforced') throw notImplemented(`the ObjectOwnership ${ownership}`)
      const bucketName = checkedBucketName(input.Bucket)
      const region = regionOf(input.CreateBucketConfiguration, call)
      const existing = store.buckets.get(bucketName)
      // In us-east-1, and only there, S3 lets its owner create a bucket again.
      if (existing !== undefined && (region !== 'us-east-1' || existing.region !== region)) {
        const message = 'Your previous request to create the named bucket succeeded and you already own it.'
        throw new AwsError('BucketAlreadyOwnedByYou', message, { BucketName: bucketName })
      }
      if (existing === undefined) store.buckets.put(bucketName, { bucketName, region, createTime: clock.now() })
      return { Location: `/${bucketName}`, BucketArn: `arn:aws:s3:::${bucketName}` }
    },

    /** Uploads that were never completed go with it. */
    async DeleteBucket(input, call) {
      const bucket = bucketNamed(store, input, call)
      const { bucketName } = bucket
      if (objectsIn(store, bucket).length > 0) {
        const hint = bucket.versioning === undefined ? '' : ' You must delete all versions in the bucket.'
        const message = `The bucket you tried to delete is not empty.${hint}`
        throw new AwsError('BucketNotEmpty', message, { BucketName: bucketName })
      }
      store.buckets.delete(bucketName)
      const left = store.multipartUploads.list().filter((upload) => upload.bucket === bucketName)
      for (const { uploadId } of left) await objects.abort(uploadId)
      return {}
    },
  } satisfies Handlers<typeof sdk>
}

function bucketQueries({ store }: S3Tools) {
  return {
    HeadBucket(input, call) {
      const bucket = store.buckets.get(input.Bucket)
      if (bucket === undefined) throw new AwsError('NotFound', 'Not Found')
      bucketNamed(store, input, call)
      return { BucketRegion: bucket.region, BucketArn: `arn:aws:s3:::${bucket.bucketName}` }
    },

    GetBucketLocation(input, call) {
      const { region } = bucketNamed(store, input, call)
      return { LocationConstraint: region === 'us-east-1' ? undefined : (region as sdk.BucketLocationConstraint) }
    },

    ListBuckets({ Prefix: prefix = '', BucketRegion: region, MaxBuckets: limit, ContinuationToken: after }, call) {
      if (limit !== undefined && (limit < 1 || limit > 10_000)) throw invalidArgument('MaxBuckets is from 1 to 10000.')
      const wanted = store.buckets
        .list()
        .filter((bucket) => bucket.bucketName.startsWith(prefix) && (region ?? bucket.region) === bucket.region)
        .toSorted((one, other) => (one.bucketName < other.bucketName ? -1 : 1))
        .filter(({ bucketName }) => after === undefined || bucketName > Buffer.from(after, 'base64url').toString())
      const page = wanted.slice(0, limit)
      const last = page.length < wanted.length ? page.at(-1)?.bucketName : undefined
      return {
        Buckets: page.map(bucketInfo),
        Owner: { ID: call.accountId },
        ContinuationToken: last === undefined ? undefined : Buffer.from(last).toString('base64url'),
        Prefix: prefix === '' ? undefined : prefix,
      }
    },
  } satisfies Handlers<typeof sdk>
}

function versioning({ store }: S3Tools) {
  return {
    GetBucketVersioning(input, call) {
      return { Status: bucketNamed(store, input, call).versioning }
    },

    PutBucketVersioning(input, call) {
      refuseOthers('PutBucketVersioning', input, [
        'Bucket',
        'VersioningConfiguration',
        'ContentMD5',
        'ChecksumAlgorithm',
        'ExpectedBucketOwner',
      ])
      const bucket = bucketNamed(store, input, call)
      const { Status: status, MFADelete: mfaDelete } = input.VersioningConfiguration
      if (mfaDelete === 'Enabled') throw notImplemented('MFADelete')
      if (status === undefined) {
        throw new AwsError('IllegalVersioningConfigurationException', 'The Versioning element must be specified')
      }
      store.buckets.put(bucket.bucketName, { ...bucket, versioning: status })
      return {}
    },
  } satisfies Handlers<typeof sdk>
}

/** As on S3 a bucket is made in the region of the endpoint that is asked. */
function regionOf(config: sdk.CreateBucketConfiguration | undefined, { region }: Call): string {
  refuseOthers('CreateBucket', config ?? {}, ['LocationConstraint'])
  const constraint = config?.LocationConstraint === 'EU' ? 'eu-west-1' : config?.LocationConstraint
  if ((constraint ?? 'us-east-1') === region) return region
  throw new AwsError(
    'IllegalLocationConstraintException',
    `The ${constraint ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request ` +
      `was sent to: the request was signed for ${region}.`,
  )
}

function bucketInfo({ bucketName, region, createTime }: Bucket) {
  const arn = `arn:aws:s3:::${bucketName}`
  return { Name: bucketName, BucketRegion: region, BucketArn: arn, CreationDate: new Date(createTime) }
}
