import type * as sdk from '@aws-sdk/client-secrets-manager'
import { secretVersion } from '../../engine/secret-values.ts'
import type { Handlers } from '../handlers.ts'
import { pageOfNames } from '../name-pages.ts'
import { keep, lookUpUsable, pageSize, readValue, readVersionId, refusal, refuseGiven, withVersion } from './lookups.ts'
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
      const { clock } = engine
      refuseGiven({ RotationToken: input.RotationToken })
      const secret = lookUpUsable(engine, call, input.SecretId)
      const value = readValue(input)
      if (value === undefined) {
        throw refusal('InvalidRequestException', 'You must provide either SecretString or SecretBinary.')
      }
      const versionId = readVersionId(engine, input.ClientRequestToken)
      const stages = input.VersionStages ?? ['AWSCURRENT']
      if (stages.length < 1 || stages.length > 20) {
        throw refusal('InvalidParameterException', 'VersionStages must have 1 to 20 labels, or be left out.')
      }
      const changed = withVersion(secret, { ...value, versionId }, stages, clock.now())
      keep(engine, changed)
      const VersionStages = [...(secretVersion(changed, { versionId })?.stages ?? [])]
      return { ARN: secret.arn, Name: secret.name, VersionId: versionId, VersionStages }
    },
    /** In the order in which they were made. */
    ListSecretVersionIds({ SecretId, IncludeDeprecated = false, MaxResults, NextToken }, call) {
      const secret = lookUpUsable(engine, call, SecretId)
      const listed = secret.versions.filter(({ stages }) => IncludeDeprecated || stages.length > 0)
      const page = { size: pageSize(MaxResults), token: NextToken }
      const shown = pageOfNames(listed, ({ createdAt, versionId }) => `${createdAt} ${versionId}`, page)
      if (shown === undefined) throw refusal('InvalidNextTokenException', 'The NextToken is not one of this list.')
      return {
        ARN: secret.arn,
        Name: secret.name,
        Versions: shown.items.map(({ versionId, stages, createdAt }) => ({
          VersionId: versionId,
          VersionStages: [...stages],
          CreatedDate: new Date(createdAt),
        })),
        NextToken: shown.token,
      }
    },
  }) satisfies Handlers<typeof sdk>
