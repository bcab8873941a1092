import type * as sdk from '@aws-sdk/client-secrets-manager'
import { findSecret } from '../../engine/secret-values.ts'
import type { Handlers } from '../handlers.ts'
import { keep, lookUp, lookUpUsable, readTags, refusal } from './lookups.ts'
import type { SecretsEngine } from './service.ts'

const dayMilliseconds = 86_400_000

/** The end of secrets, the way back from it, and their tags. */
export const secretDeletions = (engine: SecretsEngine) =>
  ({
    DeleteSecret({ SecretId, RecoveryWindowInDays, ForceDeleteWithoutRecovery = false }, call) {
      const { store, clock } = engine
      if (ForceDeleteWithoutRecovery && RecoveryWindowInDays !== undefined) {
        throw refusal(
          'InvalidParameterException',
          "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
        )
      }
      const days = RecoveryWindowInDays ?? 30
      if (days < 7 || days > 30) {
        throw refusal(
          'InvalidParameterException',
          'The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).',
        )
      }
      const now = clock.now()
      if (ForceDeleteWithoutRecovery) {
        const found = findSecret(store, call.region, SecretId, now)
        if (found !== undefined) store.secrets.delete(`${found.region}/${found.name}`)
        return { ARN: found?.arn, Name: found?.name ?? SecretId, DeletionDate: new Date(now) }
      }
      const secret = lookUpUsable(engine, call, SecretId)
      const deletesAt = now + days * dayMilliseconds
      keep(engine, { ...secret, deletedAt: now, deletesAt })
      return { ARN: secret.arn, Name: secret.name, DeletionDate: new Date(deletesAt) }
    },
    RestoreSecret({ SecretId }, call) {
      const { deletedAt: _deleted, deletesAt: _deletes, ...restored } = lookUp(engine, call, SecretId)
      keep(engine, restored)
      return { ARN: restored.arn, Name: restored.name }
    },
    TagResource({ SecretId, Tags }, call) {
      const secret = lookUpUsable(engine, call, SecretId)
      keep(engine, { ...secret, tags: readTags(Tags, secret.tags) })
      return {}
    },
    UntagResource({ SecretId, TagKeys }, call) {
      const secret = lookUpUsable(engine, call, SecretId)
      const tags = Object.fromEntries(Object.entries(secret.tags).filter(([key]) => !TagKeys.includes(key)))
      keep(engine, { ...secret, tags })
      return {}
    },
  }) satisfies Handlers<typeof sdk>
