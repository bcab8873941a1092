import { AwsError } from '../../domain/aws-error.ts'

/** S3's refusals, in its words; `members` are what its XML says besides code and message. */
export function noSuchBucket(bucketName: string): AwsError {
  return new AwsError('NoSuchBucket', 'The specified bucket does not exist', { BucketName: bucketName })
}

export function noSuchKey(key: string): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', { Key: key })
}

export function noSuchVersion(key: string, versionId: string): AwsError {
  return new AwsError('NoSuchVersion', 'The specified version does not exist.', { Key: key, VersionId: versionId })
}

export function noSuchUpload(uploadId: string): AwsError {
  const message =
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.'
  return new AwsError('NoSuchUpload', message, { UploadId: uploadId })
}

export function preconditionFailed(condition: string): AwsError {
  const message = 'At least one of the pre-conditions you specified did not hold'
  return new AwsError('PreconditionFailed', message, { Condition: condition })
}

export function invalidArgument(message: string): AwsError {
  return new AwsError('InvalidArgument', message)
}

/** For what S3 can and Teal cannot do. */
export function notImplemented(what: string, instead = 'Leave it out'): AwsError {
  return new AwsError('NotImplemented', `Teal does not implement ${what}. ${instead}.`)
}

/** Refuses members of an input that would have an effect on S3 and has none here. */
export function refuseOthers(operation: string, input: object, supported: readonly string[]): void {
  for (const [member, value] of Object.entries(input)) {
    if (value !== undefined && !supported.includes(member)) {
      throw notImplemented(`the parameter ${member} of ${operation}`)
    }
  }
}
