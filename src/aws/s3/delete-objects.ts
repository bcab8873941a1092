import type * as sdk from '@aws-sdk/client-s3'
import { AwsError } from '../../domain/aws-error.ts'
import type { Bucket, ObjectVersion } from '../../domain/s3.ts'
import { objectKey } from '../../engine/object-store.ts'
import type { Handlers } from '../handlers.ts'
import { checkWrite } from './conditions.ts'
import { refuseOthers } from './errors.ts'
import { bucketNamed, checkedKey, shownVersionId, type S3Tools } from './lookups.ts'

/** Deleting: what is not there is deleted already. */
export function deleteObjectHandlers({ store, objects }: S3Tools) {
  return {
    async DeleteObject(input, call) {
      refuseOthers('DeleteObject', input, [
        'Bucket',
        'Key',
        'VersionId',
        'IfMatch',
        'ExpectedBucketOwner',
        'RequestPayer',
      ])
      const bucket = bucketNamed(store, input, call)
      const key = checkedKey(input.Key)
      if (input.IfMatch !== undefined) checkWrite(store.objects.get(objectKey(bucket.bucketName, key)), input)
      const result = await objects.delete(bucket, key, input.VersionId)
      return { DeleteMarker: isMarker(result), VersionId: versionShown(bucket, result, input.VersionId) }
    },

    async DeleteObjects(input, call) {
      refuseOthers('DeleteObjects', input, [
        'Bucket',
        'Delete',
        'ExpectedBucketOwner',
        'RequestPayer',
        'ChecksumAlgorithm',
      ])
      const bucket = bucketNamed(store, input, call)
      const { Objects: list, Quiet: isQuiet = false } = input.Delete
      if (list.length === 0 || list.length > 1000) {
        throw new AwsError('MalformedXML', `Delete has ${list.length} objects; 1 to 1000 are allowed in one call.`)
      }
      const deleted: sdk.DeletedObject[] = []
      const errors: { Key: string; VersionId: string | undefined; Code: string; Message: string }[] = []
      for (const { Key: key, VersionId: versionId, ...others } of list) {
        try {
          refuseOthers('DeleteObjects', others, [])
          deleted.push(deletedObject(key, versionId, await objects.delete(bucket, checkedKey(key), versionId)))
        } catch (error) {
          if (!(error instanceof AwsError)) throw error
          errors.push({ Key: key, VersionId: versionId, Code: error.code, Message: error.message })
        }
      }
      return { Deleted: isQuiet ? [] : deleted, Errors: errors }
    },
  } satisfies Handlers<typeof sdk>
}

function deletedObject(key: string, versionId: string | undefined, result: ObjectVersion | undefined) {
  const isDeleteMarker = isMarker(result)
  return {
    Key: key,
    VersionId: versionId,
    DeleteMarker: isDeleteMarker,
    DeleteMarkerVersionId: isDeleteMarker === true ? result?.versionId : undefined,
  }
}

function isMarker(version: ObjectVersion | undefined): true | undefined {
  return version?.kind === 'deleteMarker' ? true : undefined
}

function versionShown(bucket: Bucket, result: ObjectVersion | undefined, asked: string | undefined) {
  return asked ?? (result === undefined ? undefined : shownVersionId(bucket, result.versionId))
}
