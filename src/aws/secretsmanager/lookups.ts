import type * as sdk from '@aws-sdk/client-secrets-manager'
import { AwsError } from '../../domain/aws-error.ts'
import type { Tags } from '../../domain/load-balancer.ts'
import type { SecretVersion, StoredSecret } from '../../domain/secret.ts'
import { findSecret, forgetDeletedSecrets } from '../../engine/secret-values.ts'
import type { Call } from '../handlers.ts'
import { pageSizeProblem } from '../name-pages.ts'
import type { SecretsEngine } from './service.ts'

/** Bytes of a value, and versions of a secret; those without a label go first. */
const mostValueBytes = 65_536
const mostVersions = 100

type ErrorCode = Extract<keyof typeof sdk, `${string}Exception`>
export const refusal = (code: ErrorCode, message: string): AwsError => new AwsError(code, message)

/**
 * A secret by name or ARN, also one scheduled to be deleted.
 * @throws ResourceNotFoundException
 */
export function lookUp({ store, clock }: SecretsEngine, { region }: Call, secretId: string): StoredSecret {
  const found = findSecret(store, region, secretId, clock.now())
  if (found === undefined) {
    throw refusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret.")
  }
  return found
}

/** @throws ResourceNotFoundException, InvalidRequestException */
export function lookUpUsable(engine: SecretsEngine, call: Call, secretId: string): StoredSecret {
  const found = lookUp(engine, call, secretId)
  if (found.deletesAt === undefined) return found
  throw refusal(
    'InvalidRequestException',
    "You can't perform this operation on the secret because it was marked for deletion.",
  )
}

/** With it go those, and their values, whose recovery window is over. */
export function keep({ store, clock }: SecretsEngine, secret: StoredSecret): void {
  forgetDeletedSecrets(store, clock.now())
  store.secrets.put(`${secret.region}/${secret.name}`, secret)
}

/** The token names the version that a call makes. @throws InvalidParameterException */
export function readVersionId({ chance }: SecretsEngine, token: string | undefined): string {
  if (token === undefined) return chance.uuid()
  if (token.length >= 32 && token.length <= 64) return token
  throw refusal('InvalidParameterException', 'ClientRequestToken must have 32 to 64 characters.')
}

/** The size of a page that is asked for. @throws InvalidParameterException */
export function pageSize(size = 100): number {
  const problem = pageSizeProblem(size, 'maxResults', 100)
  if (problem !== undefined) throw refusal('InvalidParameterException', problem)
  return size
}

/** What would change a secret and cannot be done. @throws InvalidParameterException */
export function refuseGiven(given: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || (Array.isArray(value) && value.length === 0)) continue
    throw refusal('InvalidParameterException', `${name} is not supported by Teal yet. Remove it.`)
  }
}

type GivenValue = { readonly SecretString?: string | undefined; readonly SecretBinary?: Uint8Array | undefined }

/** @throws InvalidParameterException */
export function readValue({
  SecretString,
  SecretBinary,
}: GivenValue): Pick<SecretVersion, 'value' | 'isBinary'> | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    throw refusal(
      'InvalidParameterException',
      "You can't specify both a binary secret value and a string secret value.",
    )
  }
  const bytes = SecretBinary?.byteLength ?? Buffer.byteLength(SecretString ?? '')
  if (bytes > mostValueBytes) {
    throw refusal('InvalidParameterException', `A secret value can have at most ${mostValueBytes} bytes.`)
  }
  if (SecretBinary !== undefined) return { value: Buffer.from(SecretBinary).toString('base64'), isBinary: true }
  return SecretString === undefined ? undefined : { value: SecretString, isBinary: false }
}

/**
 * The secret with one more version, which takes the labels from those that have them; what was AWSCURRENT becomes
 * AWSPREVIOUS, and the first version is it, whatever else it is. The same again, by its token, changes nothing.
 * @throws ResourceExistsException where the token belongs to another value.
 */
export function withVersion(
  secret: StoredSecret,
  added: Pick<SecretVersion, 'value' | 'isBinary' | 'versionId'>,
  asked: readonly string[],
  now: number,
): StoredSecret {
  const stages = secret.versions.length > 0 ? asked : [...new Set([...asked, 'AWSCURRENT'])]
  const known = secret.versions.find(({ versionId }) => versionId === added.versionId)
  if (known !== undefined) {
    if (known.value === added.value && known.isBinary === added.isBinary) return secret
    throw refusal(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${added.versionId} because that value is already in use for a version of secret ${secret.arn}.`,
    )
  }
  const takesCurrent = stages.includes('AWSCURRENT')
  const older = secret.versions.map((version) => {
    const wasCurrent = takesCurrent && version.stages.includes('AWSCURRENT')
    const kept = version.stages.filter((stage) => !stages.includes(stage) && !(takesCurrent && stage === 'AWSPREVIOUS'))
    return { ...version, stages: wasCurrent ? [...kept, 'AWSPREVIOUS'] : kept }
  })
  const versions = [...older, { ...added, createdAt: now, stages }]
  const excess = versions.length - mostVersions
  const unlabelled = versions.filter((version) => version.stages.length === 0).slice(0, Math.max(0, excess))
  return { ...secret, changedAt: now, versions: versions.filter((version) => !unlabelled.includes(version)) }
}

/** @throws InvalidParameterException */
export function readTags(tags: readonly sdk.Tag[] | undefined, before: Tags = {}): Tags {
  const read = { ...before }
  for (const { Key = '', Value = '' } of tags ?? []) {
    if (Key.length < 1 || Key.length > 128 || /^aws:/i.test(Key) || Value.length > 256) {
      throw refusal('InvalidParameterException', `The tag "${Key}" is not allowed.`)
    }
    read[Key] = Value
  }
  if (Object.keys(read).length > 50) {
    throw refusal('InvalidParameterException', 'A secret can have at most 50 tags.')
  }
  return read
}

export function versionsToStages({ versions }: StoredSecret): Record<string, string[]> {
  return Object.fromEntries(
    versions.flatMap(({ versionId, stages }) => (stages.length === 0 ? [] : [[versionId, [...stages]]])),
  )
}
