import type * as sdk from '@aws-sdk/client-lambda'
import type { Handlers } from '../handlers.ts'
import { configuration } from './answers.ts'
import { keepCode } from './code.ts'
import { changed, checkRevision, existing, put, type LambdaEngine } from './lookups.ts'
import { settingsOf } from './settings.ts'
import { recordedOf, refuseUnsupported } from './unsupported-settings.ts'
import { publish } from './versions.ts'

/** Changes of $LATEST, done when they are answered. Processes of the former code end once they are idle. */
export function functionUpdateHandlers(engine: LambdaEngine) {
  return {
    async UpdateFunctionCode(input, call) {
      const here = { engine, call }
      refuseUnsupported(input)
      checkRevision(input.RevisionId, existing(here, input.FunctionName).found.latest.revisionId)
      const code = await keepCode(engine, input)
      const { found } = existing(here, input.FunctionName)
      // Somebody else may have changed it while the code was unpacked.
      checkRevision(input.RevisionId, found.latest.revisionId)
      const recorded = { ...found.latest.recorded, ...recordedOf(input) }
      const updated = { ...found, latest: changed(engine, found.latest, { code, recorded }) }
      if (input.DryRun === true) return configuration(updated, updated.latest)
      put(here, updated)
      return input.Publish === true ? publish(here, updated, undefined) : configuration(updated, updated.latest)
    },

    UpdateFunctionConfiguration(input, call) {
      const here = { engine, call }
      const { found } = existing(here, input.FunctionName)
      checkRevision(input.RevisionId, found.latest.revisionId)
      const recorded = { ...found.latest.recorded, ...recordedOf(input) }
      const latest = changed(engine, found.latest, { ...settingsOf(input), recorded })
      put(here, { ...found, latest })
      return configuration(found, latest)
    },
  } satisfies Handlers<typeof sdk>
}
