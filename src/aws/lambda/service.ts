import { awsService, type AwsService } from '../handlers.ts'
import { refuseByList } from '../wire/refusal.ts'
import { restJsonProtocol } from '../wire/rest-json-protocol.ts'
import { aliasHandlers } from './aliases.ts'
import { functionUpdateHandlers } from './function-updates.ts'
import { functionHandlers } from './functions.ts'
import { invocationHandlers } from './invocations.ts'
import type { LambdaEngine } from './lookups.ts'
import { permissionHandlers } from './permissions.ts'
import { tagHandlers } from './tags.ts'
import { versionHandlers } from './versions.ts'

/** The Lambda API, as far as functions that deployments call need it. */
export function lambda(engine: LambdaEngine): AwsService {
  return awsService({
    name: 'Lambda',
    signingName: 'lambda',
    protocol: restJsonProtocol(),
    // A zip of 50 MB, the largest that AWS takes in a call, in base64.
    maximumBodyBytes: 96 * 1024 * 1024,
    sdk: '@aws-sdk/client-lambda',
    refuse: refuseByList('ValidationException'),
    handlers: {
      ...functionHandlers(engine),
      ...functionUpdateHandlers(engine),
      ...invocationHandlers(engine),
      ...versionHandlers(engine),
      ...aliasHandlers(engine),
      ...permissionHandlers(engine),
      ...tagHandlers(engine),
    },
  })
}
