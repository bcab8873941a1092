import type { S3Client } from '@aws-sdk/client-s3'
import { readFileSync } from 'node:fs'
import { clientConfiguration, forAwsUser, type AwsOptions } from './aws-access.ts'
import { CliError } from './exit-code.ts'
import { fileProblem } from './file-problem.ts'

/** `s3://BUCKET/KEY`. */
export type S3Place = { readonly bucket: string; readonly key: string }

/** Undefined for what does not begin with `s3://`, which is a file. */
export function s3Place(text: string): S3Place | undefined {
  if (!text.startsWith('s3://')) return undefined
  const [, bucket, key = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(text) ?? []
  if (bucket === undefined) throw new CliError(`'${text}' names no bucket: s3://BUCKET/KEY.`)
  return { bucket, key }
}

export async function s3Client(options: AwsOptions): Promise<S3Client> {
  const { S3Client: Client } = await import('@aws-sdk/client-s3')
  const configuration = clientConfiguration(options, process.env, 'S3')
  // Buckets' names are no host names of an endpoint of one's own.
  const paths = configuration.endpoint === undefined ? {} : { forcePathStyle: true }
  return new Client({ ...configuration, ...paths, maxAttempts: 3 })
}

/** The text of a file, of an object (`s3://BUCKET/KEY`), or of standard input (`-`). */
export async function readPlace(place: string, options: AwsOptions): Promise<string> {
  const text = await readPlaceIfAny(place, options)
  if (text === undefined) throw new CliError(`there is no ${place}.`)
  return text
}

/** Undefined where there is no such file or object. */
export async function readPlaceIfAny(place: string, options: AwsOptions): Promise<string | undefined> {
  const object = s3Place(place)
  if (object !== undefined) return readObject(object, place, options)
  try {
    return readFileSync(place === '-' ? 0 : place, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw fileProblem(place, error)
  }
}

async function readObject({ bucket, key }: S3Place, place: string, options: AwsOptions): Promise<string | undefined> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const s3 = await s3Client(options)
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return (await Body?.transformToString('utf8')) ?? ''
  } catch (error) {
    if (error instanceof Error && error.name === 'NoSuchKey') return undefined
    throw forS3User(error, options, place)
  } finally {
    s3.destroy()
  }
}

export async function writeObject({ bucket, key }: S3Place, text: string, options: AwsOptions): Promise<void> {
  const { PutObjectCommand } = await import('@aws-sdk/client-s3')
  const s3 = await s3Client(options)
  try {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ContentType: 'text/csv' }))
  } catch (error) {
    throw forS3User(error, options, `s3://${bucket}/${key}`)
  } finally {
    s3.destroy()
  }
}

/** What S3 says, with the place it is about. */
export function forS3User(error: unknown, options: AwsOptions, place: string): unknown {
  const told = forAwsUser(error, { endpoint: () => clientConfiguration(options, process.env, 'S3').endpoint ?? 'S3' })
  return told instanceof CliError ? new CliError(`${place}: ${told.message}`) : told
}
