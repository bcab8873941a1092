import type * as sdk from '@aws-sdk/client-secrets-manager'
import type { StoredSecret } from '../../domain/secret.ts'
import { findSecret } from '../../engine/secret-values.ts'
import type { Call, Checked, Handlers } from '../handlers.ts'
import {
  keep,
  lookUp,
  lookUpUsable,
  readTags,
  readValue,
  readVersionId,
  refusal,
  refuseGiven,
  versionsToStages,
  withVersion,
} from './lookups.ts'
import type { SecretsEngine } from './service.ts'

const namePattern = /^[A-Za-z0-9/_+=.@-]{1,512}$/

/** Making, changing and describing secrets. */
export const secrets = (engine: SecretsEngine) =>
  ({
    CreateSecret(input, call) {
      const { store, clock } = engine
      refuseGiven({ AddReplicaRegions: input.AddReplicaRegions, Type: input.Type })
      const value = readValue(input)
      const versionId = readVersionId(engine, input.ClientRequestToken)
      return store.transaction(() => {
        const before = findSecret(store, call.region, input.Name, clock.now())
        if (before !== undefined) checkSame(before, versionId, value?.value)
        const bare = before ?? newSecret(engine, input, call)
        const made =
          value && before === undefined ? withVersion(bare, { ...value, versionId }, ['AWSCURRENT'], clock.now()) : bare
        keep(engine, made)
        return { ARN: made.arn, Name: made.name, VersionId: value && versionId }
      })
    },
    UpdateSecret(input, call) {
      const { clock } = engine
      refuseGiven({ Type: input.Type })
      const secret = lookUpUsable(engine, call, input.SecretId)
      const value = readValue(input)
      const versionId = readVersionId(engine, input.ClientRequestToken)
      const described = {
        ...secret,
        changedAt: clock.now(),
        ...(input.Description === undefined ? {} : { description: input.Description }),
        ...(input.KmsKeyId === undefined ? {} : { kmsKeyId: input.KmsKeyId }),
      }
      keep(engine, value ? withVersion(described, { ...value, versionId }, ['AWSCURRENT'], clock.now()) : described)
      return { ARN: secret.arn, Name: secret.name, VersionId: value && versionId }
    },
    DescribeSecret({ SecretId }, call) {
      const secret = lookUp(engine, call, SecretId)
      return { ...secretAnswer(secret), VersionIdsToStages: versionsToStages(secret) }
    },
  }) satisfies Handlers<typeof sdk>

/** A secret as DescribeSecret and ListSecrets answer it; never its values. */
export function secretAnswer({
  arn,
  name,
  description,
  kmsKeyId,
  createdAt,
  changedAt,
  deletedAt,
  tags,
}: StoredSecret) {
  return {
    ARN: arn,
    Name: name,
    Description: description,
    KmsKeyId: kmsKeyId,
    CreatedDate: new Date(createdAt),
    LastChangedDate: new Date(changedAt),
    DeletedDate: deletedAt === undefined ? undefined : new Date(deletedAt),
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  }
}

/** @throws InvalidParameterException */
function newSecret(
  { clock, chance }: SecretsEngine,
  input: Checked<sdk.CreateSecretRequest>,
  call: Call,
): StoredSecret {
  const { Name: name, Description: description, KmsKeyId: kmsKeyId } = input
  if (!namePattern.test(name)) {
    throw refusal(
      'InvalidParameterException',
      'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
    )
  }
  const now = clock.now()
  return {
    // AWS puts six characters behind the name, so that a secret made again is another one.
    arn: `arn:aws:secretsmanager:${call.region}:${call.accountId}:secret:${name}-${chance.hex(6)}`,
    name,
    region: call.region,
    ...(description === undefined ? {} : { description }),
    ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
    createdAt: now,
    changedAt: now,
    tags: readTags(input.Tags),
    versions: [],
  }
}

/** The same request may come twice. @throws InvalidRequestException, ResourceExistsException */
function checkSame(before: StoredSecret, versionId: string, value: string | undefined): void {
  if (before.deletesAt !== undefined) {
    throw refusal(
      'InvalidRequestException',
      "You can't create this secret because a secret with this name is already scheduled for deletion.",
    )
  }
  if (value !== undefined && before.versions.some((each) => each.versionId === versionId && each.value === value))
    return
  throw refusal('ResourceExistsException', `The operation failed because the secret ${before.name} already exists.`)
}
