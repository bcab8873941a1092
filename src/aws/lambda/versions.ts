import { isDeepStrictEqual } from 'node:util'
import type * as sdk from '@aws-sdk/client-lambda'
import type { FunctionVersion, LambdaFunction } from '../../domain/lambda-function.ts'
import type { Answer, Handlers } from '../handlers.ts'
import { codeSha256, configuration } from './answers.ts'
import { checkRevision, existing, invalidParameter, put, type Here, type LambdaEngine } from './lookups.ts'
import { page, versionKey } from './pages.ts'

/** Numbered versions: $LATEST as it was at a time. */
export function versionHandlers(engine: LambdaEngine) {
  return {
    PublishVersion({ FunctionName, CodeSha256, Description, RevisionId, PublishTo }, call) {
      const here = { engine, call }
      const { found } = existing(here, FunctionName)
      if (PublishTo !== undefined) throw invalidParameter('PublishTo is not supported here. Leave it out.')
      checkRevision(RevisionId, found.latest.revisionId)
      const sha256 = codeSha256(found.latest)
      if (CodeSha256 !== undefined && CodeSha256 !== '' && CodeSha256 !== sha256) {
        throw invalidParameter(
          `CodeSHA256 (${CodeSha256}) is different from current CodeSHA256 in $LATEST (${sha256}). Please try again with the CodeSHA256 in $LATEST.`,
        )
      }
      return publish(here, found, Description)
    },

    ListVersionsByFunction({ FunctionName, ...request }, call) {
      const { found } = existing({ engine, call }, FunctionName)
      const { items, marker } = page([found.latest, ...found.published], ({ version }) => versionKey(version), request)
      return {
        Versions: items.map((version) => configuration(found, version, version.version)),
        ...(marker !== undefined && { NextMarker: marker }),
      }
    },
  } satisfies Handlers<typeof sdk>
}

/** Makes a version of $LATEST; the last one again where nothing has changed since. */
export function publish(
  here: Here,
  found: LambdaFunction,
  description: string | undefined,
): Answer<sdk.FunctionConfiguration> {
  const { latest, published } = found
  const last = published.at(-1)
  if (last !== undefined && doesTheSame(last, latest)) return configuration(found, last, last.version)
  const version = String(found.lastPublished + 1)
  const { clock, chance } = here.engine
  const made: FunctionVersion = {
    ...latest,
    version,
    lastModified: clock.now(),
    revisionId: chance.uuid(),
    ...(description !== undefined && { description }),
  }
  put(here, { ...found, published: [...published, made], lastPublished: found.lastPublished + 1 })
  return configuration(found, made, version)
}

/** What a version does: all but its number, its dates and its description. */
function doesTheSame(one: FunctionVersion, other: FunctionVersion): boolean {
  return isDeepStrictEqual(contentOf(one), contentOf(other))
}

function contentOf(version: FunctionVersion): object {
  return { ...version, version: '', lastModified: 0, revisionId: '', description: '' }
}
