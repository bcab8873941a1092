import type { S3Client } from '@aws-sdk/client-s3'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { accessLogPrefix } from '../domain/access-log-file.ts'
import type { AccessLogPlace } from './log-access.ts'

const dayMilliseconds = 86_400_000
/** Files are named by the end of their period, which may be tomorrow. */
const periodMilliseconds = 300_000

/** The keys of files that were delivered since then, in the order of their periods. */
export async function deliveredKeys(
  s3: S3Client,
  { loadBalancer, bucket, prefix }: AccessLogPlace,
  since: number,
): Promise<readonly string[]> {
  const { paginateListObjectsV2 } = await import('@aws-sdk/client-s3')
  const { accountId, region, name, id } = loadBalancer
  const keys: string[] = []
  for (const day of daysSince(since)) {
    const file = `${day}/${accountId}_elasticloadbalancing_${region}_app.${name}.${id}_`
    const input = { Bucket: bucket, Prefix: `${accessLogPrefix(loadBalancer, prefix)}${file}` }
    for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, input)) {
      for (const { Key, LastModified } of Contents) {
        // S3 tells times to the second.
        const isNew = LastModified === undefined || LastModified.getTime() + 1000 > since
        if (Key !== undefined && isNew) keys.push(Key)
      }
    }
  }
  return keys
}

/** `2026/01/02`, of each day from then to now. */
function daysSince(since: number): readonly string[] {
  const days: string[] = []
  for (let day = since - (since % dayMilliseconds); day <= Date.now() + periodMilliseconds; day += dayMilliseconds) {
    days.push(new Date(day).toISOString().slice(0, 10).replaceAll('-', '/'))
  }
  return days
}

/** The lines of a delivered file, one after the other: it need not fit into memory. */
export async function* deliveredLines(s3: S3Client, bucket: string, key: string): AsyncIterable<string> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
  if (Body === undefined) return
  const gunzip = createGunzip()
  let problem: unknown
  pipeline(Body as Readable, gunzip, (error) => (problem = error))
  yield* createInterface({ input: gunzip, crlfDelay: Infinity })
  if (problem instanceof Error) throw problem
}
