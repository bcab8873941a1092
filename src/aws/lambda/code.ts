import type { FunctionCode } from '../../domain/lambda-function.ts'
import { FunctionCodeError } from '../../engine/function-runtime.ts'
import { invalidParameter, lambdaError, type LambdaEngine } from './lookups.ts'

export type CodeInput = {
  readonly ZipFile?: Uint8Array | undefined
  readonly S3Bucket?: string | undefined
  readonly S3Key?: string | undefined
  readonly S3ObjectVersion?: string | undefined
  readonly S3ObjectStorageMode?: string | undefined
  readonly ImageUri?: string | undefined
  readonly SourceKMSKeyArn?: string | undefined
}

/** The largest archive that Lambda takes inside a request; more goes through S3. */
const largestInlineBytes = 52_428_800

/** Takes a function's code from a request, or from S3, and keeps it. */
export async function keepCode(engine: LambdaEngine, input: CodeInput): Promise<FunctionCode> {
  const zip = await archiveOf(engine, input)
  try {
    return await engine.code.keep(zip)
  } catch (error) {
    if (error instanceof FunctionCodeError) throw invalidParameter(error.message)
    throw error
  }
}

async function archiveOf({ objects }: LambdaEngine, input: CodeInput): Promise<Uint8Array> {
  const { ZipFile, S3Bucket, S3Key, S3ObjectVersion, S3ObjectStorageMode = 'COPY', ImageUri, SourceKMSKeyArn } = input
  if (ImageUri !== undefined) {
    throw invalidParameter(
      'ImageUri is not supported here: functions of container images are not run. Pass ZipFile, or S3Bucket and S3Key.',
    )
  }
  if (SourceKMSKeyArn !== undefined) throw invalidParameter('SourceKMSKeyArn is not supported here. Leave it out.')
  if (S3ObjectStorageMode !== 'COPY') {
    throw invalidParameter(
      `S3ObjectStorageMode ${S3ObjectStorageMode} is not supported here. Leave it out, or pass COPY.`,
    )
  }
  if (ZipFile !== undefined) {
    if (S3Bucket !== undefined || S3Key !== undefined || S3ObjectVersion !== undefined) {
      throw invalidParameter('Please do not provide other FunctionCode parameters when providing a ZipFile.')
    }
    if (ZipFile.byteLength <= largestInlineBytes) return ZipFile
    throw lambdaError(
      'RequestTooLargeException',
      `Request must be smaller than ${largestInlineBytes} bytes for the CreateFunction operation`,
    )
  }
  if (S3Bucket === undefined || S3Key === undefined)
    throw invalidParameter('Please provide a source for function code.')
  const object = await objects.read({
    bucket: S3Bucket,
    key: S3Key,
    ...(S3ObjectVersion !== undefined && { versionId: S3ObjectVersion }),
  })
  if (object !== undefined) return object.content
  throw invalidParameter(
    `Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist. (There is no s3://${S3Bucket}/${S3Key} here.)`,
  )
}
