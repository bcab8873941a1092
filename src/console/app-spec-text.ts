import type { CodeDeployClient, RevisionLocation, S3Location } from '@aws-sdk/client-codedeploy'
import type { S3Client } from '@aws-sdk/client-s3'
import { readAppSpec } from '../engine/revision-bundle.ts'
import type { ObjectLocation, StoredObject } from '../engine/objects.ts'

/** An archive that is larger is not fetched for the AppSpec in it. */
const largestArchiveBytes = 32 * 1024 * 1024

export type AppSpecClients = {
  readonly codeDeploy: CodeDeployClient
  /** Made when something is in S3. */
  readonly s3: () => Promise<S3Client>
}

/** The AppSpec of a revision as it can be had through the AWS API; where it cannot, a sentence that says why. */
export async function appSpecText(
  clients: AppSpecClients,
  applicationName: string | undefined,
  revision: RevisionLocation,
): Promise<string> {
  const { appSpecContent, string, s3Location, gitHubLocation } = revision
  const place = s3Location === undefined ? undefined : `s3://${s3Location.bucket}/${s3Location.key}`
  try {
    if (s3Location !== undefined) return await textInS3(clients, s3Location)
    if (gitHubLocation !== undefined)
      return `It is in commit ${gitHubLocation.commitId} of ${gitHubLocation.repository} on GitHub, which is not asked from here.`
    const text = await registeredAppSpec(clients.codeDeploy, applicationName, revision)
    return text ?? missingText(appSpecContent?.sha256 ?? string?.sha256, 'the API answers it without a text')
  } catch (error) {
    const why = error instanceof Error ? `${error.message.replace(/\.$/, '')} (${error.name})` : String(error)
    return place === undefined
      ? missingText(appSpecContent?.sha256 ?? string?.sha256, why)
      : `It is at ${place} and cannot be read: ${why}.`
  }
}

/** GetDeployment answers the digest of an AppSpec only; the revision that is registered has the text. */
export async function registeredAppSpec(
  codeDeploy: CodeDeployClient,
  applicationName: string | undefined,
  revision: RevisionLocation,
): Promise<string | undefined> {
  const given = revision.appSpecContent?.content ?? revision.string?.content
  if (given !== undefined) return given
  const { GetApplicationRevisionCommand } = await import('@aws-sdk/client-codedeploy')
  const answer = await codeDeploy.send(new GetApplicationRevisionCommand({ applicationName, revision }))
  return answer.revision?.appSpecContent?.content ?? answer.revision?.string?.content
}

async function textInS3({ s3 }: AppSpecClients, location: S3Location): Promise<string> {
  const { bucket = '', key = '', bundleType = 'YAML', version, eTag } = location
  const read = async (object: ObjectLocation): Promise<StoredObject | undefined> => readObject(await s3(), object)
  const found = await readAppSpec(
    { read },
    {
      bucket,
      key,
      bundleType,
      ...(version === undefined ? {} : { version }),
      ...(eTag === undefined ? {} : { eTag: eTag.replaceAll('"', '') }),
    },
  )
  return found.kind === 'text' ? found.content : found.message
}

async function readObject(s3: S3Client, location: ObjectLocation): Promise<StoredObject | undefined> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3')
  const { bucket: Bucket, key: Key, versionId: VersionId } = location
  try {
    const { Body, ContentLength = 0, ETag = '' } = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }))
    if (ContentLength > largestArchiveBytes)
      throw new Error(`It has ${ContentLength} bytes, and no more than ${largestArchiveBytes} are fetched for a page`)
    return { content: (await Body?.transformToByteArray()) ?? new Uint8Array(), eTag: ETag.replaceAll('"', '') }
  } catch (error) {
    if (error instanceof Error && /^NoSuch(?:Bucket|Key|Version)$/.test(error.name)) return undefined
    throw error
  }
}

function missingText(sha256: string | undefined, why: string): string {
  return `Only its digest is known, SHA-256 ${sha256 ?? 'unknown'}: ${why}.`
}
