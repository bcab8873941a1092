import { createReadStream, globSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { AwsOptions } from './aws-access.ts'
import { CliError } from './exit-code.ts'
import { forS3User, s3Client, s3Place, type S3Place } from './s3-place.ts'

/** A file or an object that is to be read once. */
export type LogFile = {
  readonly name: string
  /** As it lies there, gzipped or not. */
  readonly bytes: number
  readonly open: () => Promise<Readable>
}

/**
 * The files that places name: files, directories with all that is below them, patterns with `*`, and prefixes in S3
 * (`s3://BUCKET/PREFIX`). Each once, by name. Throws a `CliError` for a place where nothing is.
 */
export async function logFiles(places: readonly string[], options: AwsOptions): Promise<readonly LogFile[]> {
  const found = new Map<string, LogFile>()
  for (const place of places) {
    const object = s3Place(place)
    const files = object === undefined ? localFiles(place) : await objectsBelow(object, place, options)
    if (files.length === 0) throw new CliError(`there are no logs at ${place}.`)
    for (const file of files) found.set(file.name, file)
  }
  return [...found.values()].toSorted((one, other) => (one.name < other.name ? -1 : 1))
}

function localFiles(place: string): readonly LogFile[] {
  const stat = statSync(place, { throwIfNoEntry: false })
  if (stat === undefined) return globSync(place).flatMap((path) => localFiles(path))
  if (stat.isDirectory()) {
    return readdirSync(place, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && isLog(entry.name))
      .map((entry) => localFile(join(entry.parentPath, entry.name)))
  }
  return [localFile(place)]
}

function localFile(path: string): LogFile {
  return {
    name: path,
    bytes: statSync(path).size,
    open: async () => createReadStream(path, { highWaterMark: 256 * 1024 }),
  }
}

async function objectsBelow({ bucket, key }: S3Place, place: string, options: AwsOptions): Promise<readonly LogFile[]> {
  const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3')
  const s3 = await s3Client(options)
  const files: LogFile[] = []
  try {
    for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: key })) {
      for (const { Key = '', Size: bytes = 0 } of Contents) {
        if (isLog(Key)) files.push(objectFile({ bucket, key: Key }, bytes, options))
      }
    }
  } catch (error) {
    throw forS3User(error, options, place)
  }
  return files
}

function objectFile({ bucket, key }: S3Place, bytes: number, options: AwsOptions): LogFile {
  const name = `s3://${bucket}/${key}`
  const open = async (): Promise<Readable> => {
    const { GetObjectCommand } = await import('@aws-sdk/client-s3')
    const s3 = await s3Client(options)
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      if (Body === undefined) throw new CliError(`${name} has no content.`)
      return Body as Readable
    } catch (error) {
      throw forS3User(error, options, name)
    }
  }
  return { name, bytes, open }
}

/** Not what a load balancer writes once to see whether it may, and not what file managers leave. */
function isLog(name: string): boolean {
  const base = name.split('/').at(-1) ?? ''
  return base !== '' && base !== 'ELBAccessLogTestFile' && !base.startsWith('.')
}
