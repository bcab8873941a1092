import type * as sdk from '@aws-sdk/client-ecs'
import type { Checked } from '../handlers.ts'

/** Source: API_EphemeralStorage. The words are unverified. */
export function checkEphemeralStorage(
  storage: Checked<sdk.EphemeralStorage> | undefined,
  refusal: (message: string) => Error,
): void {
  if (storage === undefined) return
  const { sizeInGiB } = storage
  if (Number.isInteger(sizeInGiB) && sizeInGiB >= 21 && sizeInGiB <= 200) return
  throw refusal(`ephemeralStorage.sizeInGiB must be between 21 and 200, and is ${sizeInGiB}.`)
}
