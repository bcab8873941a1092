import type * as sdk from '@aws-sdk/client-sts'
import type { Handlers } from '../handlers.ts'

export const callerIdentity = () =>
  ({
    /** There are no users and roles here: whoever has an access key, whichever, is the account's root user. */
    GetCallerIdentity(_, { accountId }) {
      return { UserId: accountId, Account: accountId, Arn: `arn:aws:iam::${accountId}:root` }
    },
  }) satisfies Handlers<typeof sdk>
