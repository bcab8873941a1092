import type * as sdk from '@aws-sdk/client-ssm'
import { findParameter } from '../../engine/secret-values.ts'
import type { Handlers } from '../handlers.ts'
import { lookUp, metadataAnswer, notFound, pageSize, refusal, sealed } from './lookups.ts'
import type { ParametersEngine } from './service.ts'

/** What a parameter was, and its end. */
export const parameterVersions = (engine: ParametersEngine) =>
  ({
    GetParameterHistory({ Name, WithDecryption = false, MaxResults = 50, NextToken }, call) {
      const found = lookUp(engine, call, Name)
      if (found === undefined) throw notFound()
      const size = pageSize(MaxResults, 50)
      const start = NextToken === undefined ? 0 : Number(NextToken)
      if (!Number.isSafeInteger(start) || start < 0)
        throw refusal('InvalidNextToken', 'The token is not one of this list.')
      const { parameter } = found
      const shown = parameter.versions.slice(start, start + size)
      const isHidden = parameter.type === 'SecureString' && !WithDecryption
      return {
        Parameters: shown.map((version) => {
          const { ARN: _arn, ...metadata } = metadataAnswer(parameter, version)
          return { ...metadata, Value: isHidden ? sealed(version.value) : version.value, Labels: [] }
        }),
        NextToken: start + size < parameter.versions.length ? String(start + size) : undefined,
      }
    },
    DeleteParameter({ Name }, call) {
      const { store } = engine
      const found = findParameter(store, call.region, Name)
      if (found === undefined) throw notFound()
      store.parameters.delete(`${found.region}/${found.name}`)
      return {}
    },
    DeleteParameters({ Names }, call) {
      const { store } = engine
      if (Names.length > 10) throw refusal('ValidationException', 'Names can have at most 10 items.')
      return store.transaction(() => {
        const found = Names.map((name) => ({ name, parameter: findParameter(store, call.region, name) }))
        for (const { parameter } of found) {
          if (parameter !== undefined) store.parameters.delete(`${parameter.region}/${parameter.name}`)
        }
        return {
          DeletedParameters: found.flatMap(({ name, parameter }) => (parameter === undefined ? [] : [name])),
          InvalidParameters: found.flatMap(({ name, parameter }) => (parameter === undefined ? [name] : [])),
        }
      })
    },
  }) satisfies Handlers<typeof sdk>
