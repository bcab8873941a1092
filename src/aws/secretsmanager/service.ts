import type { Engine } from '../../engine/engine.ts'
import { awsService, type AwsService } from '../handlers.ts'
import { jsonProtocol } from '../wire/json-protocol.ts'
import { refuseByList } from '../wire/refusal.ts'
import { secretDeletions } from './secret-deletions.ts'
import { secretLists } from './secret-lists.ts'
import { secretValues } from './secret-values.ts'
import { secrets } from './secrets.ts'

/** What of an engine Secrets Manager needs. */
export type SecretsEngine = Pick<Engine, 'store' | 'clock' | 'chance'>

/** Secrets Manager: secrets with their versions, kept in the engine's store. Nothing rotates or replicates them. */
export const secretsManager = (engine: SecretsEngine): AwsService =>
  awsService({
    name: 'AWS Secrets Manager',
    signingName: 'secretsmanager',
    protocol: jsonProtocol({ version: '1.1', targetPrefix: 'secretsmanager' }),
    sdk: '@aws-sdk/client-secrets-manager',
    handlers: { ...secrets(engine), ...secretDeletions(engine), ...secretValues(engine), ...secretLists(engine) },
    refuse: refuseByList('InvalidParameterException'),
  })
