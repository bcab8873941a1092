import type * as sdk from '@aws-sdk/client-lambda'
import type { FunctionAlias, LambdaFunction } from '../../domain/lambda-function.ts'
import type { Handlers } from '../handlers.ts'
import { aliasConfiguration } from './answers.ts'
import {
  checkRevision,
  existing,
  functionNotFound,
  invalidParameter,
  lambdaError,
  put,
  validation,
  type LambdaEngine,
} from './lookups.ts'
import { page } from './pages.ts'

type Routing = { readonly AdditionalVersionWeights?: Readonly<Record<string, number>> | undefined } | undefined

/** Aliases: names of versions. */
export function aliasHandlers(engine: LambdaEngine) {
  return { ...aliasChanges(engine), ...aliasQueries(engine) }
}

function aliasChanges(engine: LambdaEngine) {
  return {
    CreateAlias({ FunctionName, Name, FunctionVersion, Description = '', RoutingConfig }, call) {
      const { found } = existing({ engine, call }, FunctionName)
      const name = checkedName(Name)
      if (found.aliases.some((each) => each.name === name)) {
        throw lambdaError('ResourceConflictException', `Alias already exists: ${found.functionArn}:${name}`)
      }
      const alias: FunctionAlias = {
        name,
        functionVersion: checkedVersion(found, FunctionVersion),
        description: Description,
        additionalVersionWeights: checkedWeights(found, FunctionVersion, RoutingConfig),
        revisionId: engine.chance.uuid(),
      }
      put({ engine, call }, { ...found, aliases: [...found.aliases, alias] })
      return aliasConfiguration(found, alias)
    },

    UpdateAlias({ FunctionName, Name, FunctionVersion, Description, RoutingConfig, RevisionId }, call) {
      const { found } = existing({ engine, call }, FunctionName)
      const alias = aliasNamed(found, Name)
      checkRevision(RevisionId, alias.revisionId)
      const functionVersion = checkedVersion(found, FunctionVersion ?? alias.functionVersion)
      const updated: FunctionAlias = {
        ...alias,
        functionVersion,
        description: Description ?? alias.description,
        additionalVersionWeights:
          RoutingConfig === undefined
            ? alias.additionalVersionWeights
            : checkedWeights(found, functionVersion, RoutingConfig),
        revisionId: engine.chance.uuid(),
      }
      put({ engine, call }, { ...found, aliases: found.aliases.map((each) => (each === alias ? updated : each)) })
      return aliasConfiguration(found, updated)
    },

    /** An alias that is not there is deleted, as on AWS. */
    DeleteAlias({ FunctionName, Name }, call) {
      const { found } = existing({ engine, call }, FunctionName)
      put({ engine, call }, { ...found, aliases: found.aliases.filter(({ name }) => name !== Name) })
      return {}
    },
  } satisfies Handlers<typeof sdk>
}

function aliasQueries(engine: LambdaEngine) {
  return {
    GetAlias({ FunctionName, Name }, call) {
      const { found } = existing({ engine, call }, FunctionName)
      return aliasConfiguration(found, aliasNamed(found, Name))
    },

    ListAliases({ FunctionName, FunctionVersion, ...request }, call) {
      const { found } = existing({ engine, call }, FunctionName)
      const all = found.aliases.filter(
        ({ functionVersion }) => FunctionVersion === undefined || functionVersion === FunctionVersion,
      )
      const { items, marker } = page(all, ({ name }) => name, request)
      return {
        Aliases: items.map((alias) => aliasConfiguration(found, alias)),
        ...(marker !== undefined && { NextMarker: marker }),
      }
    },
  } satisfies Handlers<typeof sdk>
}

function aliasNamed({ aliases, functionArn }: LambdaFunction, wanted: string): FunctionAlias {
  const alias = aliases.find(({ name }) => name === wanted)
  if (alias !== undefined) return alias
  throw lambdaError('ResourceNotFoundException', `Cannot find alias arn: ${functionArn}:${wanted}`)
}

function checkedName(name: string): string {
  if (/^(?!\d+$)[a-zA-Z0-9-_]{1,128}$/.test(name)) return name
  throw validation(name, 'name', 'Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)')
}

function checkedVersion({ latest, published, functionArn }: LambdaFunction, wanted: string): string {
  if ([latest, ...published].some(({ version }) => version === wanted)) return wanted
  throw functionNotFound(`${functionArn}:${wanted}`)
}

function checkedWeights(
  found: LambdaFunction,
  functionVersion: string,
  routing: Routing,
): Readonly<Record<string, number>> {
  const weights = routing?.AdditionalVersionWeights ?? {}
  const entries = Object.entries(weights)
  if (entries.length > 1) {
    throw invalidParameter(
      'AdditionalVersionWeights has more than one version. An alias leads to two versions at most.',
    )
  }
  for (const [version, weight] of entries) {
    checkedVersion(found, version)
    if (version === functionVersion || version === '$LATEST' || functionVersion === '$LATEST') {
      throw invalidParameter(
        'AdditionalVersionWeights must name a published version other than FunctionVersion, which must be published too.',
      )
    }
    if (!(weight >= 0 && weight <= 1))
      throw invalidParameter(`The weight of version ${version} must be from 0.0 to 1.0.`)
  }
  return weights
}
