import type * as sdk from '@aws-sdk/client-lambda'
import { functionArn, functionKey, type FunctionVersion, type LambdaFunction } from '../../domain/lambda-function.ts'
import type { Handlers } from '../handlers.ts'
import { configuration } from './answers.ts'
import { keepCode } from './code.ts'
import {
  existing,
  existingVersion,
  invalidParameter,
  lambdaError,
  named,
  put,
  type Here,
  type LambdaEngine,
} from './lookups.ts'
import { page, versionKey } from './pages.ts'
import { newSettings } from './settings.ts'
import { checkedTags } from './tags.ts'
import { publish } from './versions.ts'

/** Functions: made, shown, deleted. They are active at once. */
export function functionHandlers(engine: LambdaEngine) {
  return { ...functionChanges(engine), ...functionQueries(engine) }
}

function functionChanges(engine: LambdaEngine) {
  return {
    async CreateFunction(input, call) {
      const here = { engine, call }
      const { name } = checkNew(here, input)
      const settings = newSettings(input)
      const tags = checkedTags(input.Tags ?? {})
      const code = await keepCode(engine, input.Code)
      // Another one of the same name may have come while the code was unpacked.
      checkNew(here, input)
      const made: LambdaFunction = {
        functionName: name,
        functionArn: functionArn(call, name),
        region: call.region,
        latest: {
          ...settings,
          version: '$LATEST',
          code,
          lastModified: engine.clock.now(),
          revisionId: engine.chance.uuid(),
        },
        published: [],
        lastPublished: 0,
        aliases: [],
        statements: [],
        tags,
      }
      put(here, made)
      return input.Publish === true ? publish(here, made, undefined) : configuration(made, made.latest)
    },

    DeleteFunction({ FunctionName, Qualifier }, call) {
      const here = { engine, call }
      const { found, qualifier, region, name } = existing(here, FunctionName, Qualifier)
      if (qualifier === undefined) {
        engine.store.functions.delete(functionKey(region, name))
        return { StatusCode: 204 }
      }
      const { version } = existingVersion(here, FunctionName, Qualifier)
      checkDeletable(found, version, qualifier)
      put(here, { ...found, published: found.published.filter((each) => each !== version) })
      return { StatusCode: 204 }
    },
  } satisfies Handlers<typeof sdk>
}

function functionQueries(engine: LambdaEngine) {
  const { store } = engine
  return {
    GetFunction({ FunctionName, Qualifier }, call) {
      const { found, version, qualifier } = existingVersion({ engine, call }, FunctionName, Qualifier)
      const location = engine.code.archiveUrl(version.code.sha256)
      return {
        Configuration: configuration(found, version, qualifier),
        Code: { RepositoryType: 'S3', ...(location !== undefined && { Location: location }) },
        ...(Object.keys(found.tags).length > 0 && { Tags: found.tags }),
      }
    },

    GetFunctionConfiguration({ FunctionName, Qualifier }, call) {
      const { found, version, qualifier } = existingVersion({ engine, call }, FunctionName, Qualifier)
      return configuration(found, version, qualifier)
    },

    /** Code is never signed here, which is what the answer says. */
    GetFunctionCodeSigningConfig({ FunctionName }, call) {
      const { name } = existing({ engine, call }, FunctionName)
      return { CodeSigningConfigArn: '', FunctionName: name }
    },

    ListFunctions({ FunctionVersion: which, MasterRegion, ...request }, { region }) {
      if (MasterRegion !== undefined) {
        throw invalidParameter(
          'MasterRegion is not supported here: no function is made by another region. Leave it out.',
        )
      }
      const all = store.functions
        .list()
        .filter((each) => each.region === region)
        .flatMap((each) => versionsToList(each, which === 'ALL'))
      const { items, marker } = page(all, keyOf, request)
      return { Functions: items, ...(marker !== undefined && { NextMarker: marker }) }
    },
  } satisfies Handlers<typeof sdk>
}

const keyOf = ({ FunctionName, Version }: ReturnType<typeof configuration>): string =>
  `${FunctionName ?? ''} ${versionKey(Version)}`

function versionsToList(found: LambdaFunction, withVersions: boolean) {
  if (!withVersions) return [configuration(found, found.latest)]
  return [found.latest, ...found.published].map((version) => configuration(found, version, version.version))
}

function checkNew(
  here: Here,
  { FunctionName, PackageType }: Pick<sdk.CreateFunctionRequest, 'PackageType'> & { readonly FunctionName: string },
) {
  const asked = named(here, FunctionName)
  if (asked.qualifier !== undefined || asked.region !== here.call.region) {
    throw invalidParameter(
      `The function name ${FunctionName} must be a name, or an ARN of this region without a version.`,
    )
  }
  if (PackageType === 'Image') {
    throw invalidParameter(
      'PackageType Image is not supported here: functions of container images are not run. Pass Code with a zip archive.',
    )
  }
  if (asked.found !== undefined) throw lambdaError('ResourceConflictException', `Function already exist: ${asked.name}`)
  return asked
}

function checkDeletable({ aliases }: LambdaFunction, version: FunctionVersion, qualifier: string): void {
  if (version.version === '$LATEST') {
    throw invalidParameter('$LATEST version cannot be deleted without deleting the function.')
  }
  if (version.version !== qualifier) {
    throw invalidParameter(`${qualifier} is an alias, and DeleteFunction deletes versions. Call DeleteAlias.`)
  }
  const users = aliases.filter(
    ({ functionVersion, additionalVersionWeights }) =>
      functionVersion === qualifier || Object.hasOwn(additionalVersionWeights, qualifier),
  )
  if (users.length === 0) return
  const names = users.map(({ name }) => name).join(', ')
  throw lambdaError(
    'ResourceConflictException',
    `Unable to delete version because the following aliases reference it: [${names}]`,
  )
}
