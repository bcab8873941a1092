import type { Engine } from '../../engine/engine.ts'
import { awsService, type AwsService } from '../handlers.ts'
import { jsonProtocol } from '../wire/json-protocol.ts'
import { refuseByList } from '../wire/refusal.ts'
import { parameterLists } from './parameter-lists.ts'
import { parameterVersions } from './parameter-versions.ts'
import { parameters } from './parameters.ts'
import { tags } from './tags.ts'

/** What of an engine the Parameter Store needs. */
export type ParametersEngine = Pick<Engine, 'store' | 'clock'>

/** The Parameter Store of Systems Manager, kept in the engine's store; nothing else of Systems Manager. */
export const systemsManager = (engine: ParametersEngine): AwsService =>
  awsService({
    name: 'AWS Systems Manager',
    signingName: 'ssm',
    protocol: jsonProtocol({ version: '1.1', targetPrefix: 'AmazonSSM' }),
    sdk: '@aws-sdk/client-ssm',
    handlers: { ...parameters(engine), ...parameterVersions(engine), ...parameterLists(engine), ...tags(engine) },
    refuse: refuseByList('ValidationException'),
  })
