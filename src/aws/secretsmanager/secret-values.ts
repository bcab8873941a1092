import type * as sdk from '@aws-sdk/client-secrets-manager'
import { secretVersion } from '../../engine/secret-values.ts'
import type { Handlers } from '../handlers.ts'
import { keep, lookUpUsable, readValue, refusal, withVersion } from './lookups.ts'
import type { SecretsEngine } from './service.ts'

/** Reading and writing secrets' values. */
export const secretValues = (engine: SecretsEngine) =>
  ({
    GetSecretValue({ SecretId, VersionId, VersionStage }, call) {
      const secret = lookUpUsable(engine, call, SecretId)
      const version = secretVersion(secret, { versionId: VersionId, versionStage: VersionStage })
      if (version === undefined) {
        const which =
          VersionId === undefined ? `staging label: ${VersionStage ?? 'AWSCURRENT'}` : `VersionId: ${VersionId}`
        throw refusal('ResourceNotFoundException', `Secrets Manager can't find the specified secret value for ${which}`)
      }
      const { value, isBinary, versionId, stages, createdAt } = version
      return {
        ARN: secret.arn,
        Name: secret.name,
        VersionId: versionId,
        ...(isBinary ? { SecretBinary: new Uint8Array(Buffer.from(value, 'base64')) } : { SecretString: value }),
        VersionStages: [...stages],
        CreatedDate: new Date(createdAt),
      }
    },
    PutSecretValue(input, call) {
      const { clock, chance } = engine
      const secret = lookUpUsable(engine, call, input.SecretId)
      const value = readValue(input)
      if (value === undefined) {
        throw refusal('InvalidRequestException', 'You must provide either SecretString or SecretBinary.')
      }
      const versionId = input.ClientRequestToken ?? chance.uuid()
      const stages = input.VersionStages ?? ['AWSCURRENT']
      keep(engine, withVersion(secret, { ...value, versionId }, stages, clock.now()))
      return { ARN: secret.arn, Name: secret.name, VersionId: versionId, VersionStages: stages }
    },
    ListSecretVersionIds({ SecretId, IncludeDeprecated = false }, call) {
      const secret = lookUpUsable(engine, call, SecretId)
      const shown = secret.versions.filter(({ stages }) => IncludeDeprecated || stages.length > 0)
      return {
        ARN: secret.arn,
        Name: secret.name,
        Versions: shown.map(({ versionId, stages, createdAt }) => ({
          VersionId: versionId,
          VersionStages: [...stages],
          CreatedDate: new Date(createdAt),
        })),
      }
    },
  }) satisfies Handlers<typeof sdk>
