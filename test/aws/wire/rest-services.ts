import type { TestContext } from 'node:test'
import { execFile, spawnSync } from 'node:child_process'
import { promisify } from 'node:util'
import type * as cloudWatchSdk from '@aws-sdk/client-cloudwatch'
import type * as lambdaSdk from '@aws-sdk/client-lambda'
import type * as s3Sdk from '@aws-sdk/client-s3'
import { startEndpoint, type Endpoint } from '../../../src/aws/endpoint.ts'
import { awsService, type AwsService, type Handlers } from '../../../src/aws/handlers.ts'
import { cborProtocol } from '../../../src/aws/wire/cbor-protocol.ts'
import { jsonProtocol } from '../../../src/aws/wire/json-protocol.ts'
import { queryProtocol } from '../../../src/aws/wire/query-protocol.ts'
import { refuseByList } from '../../../src/aws/wire/refusal.ts'
import { restJsonProtocol } from '../../../src/aws/wire/rest-json-protocol.ts'
import { s3Protocol } from '../../../src/aws/wire/s3-protocol.ts'
import { services } from './services.ts'

type RestHandlers = {
  readonly cloudWatch?: Handlers<typeof cloudWatchSdk>
  readonly lambda?: Handlers<typeof lambdaSdk>
  readonly s3?: Handlers<typeof s3Sdk>
}

/** All six services, as they are mounted together, with the handlers a test gives the last three. */
export function allServices(handlers: RestHandlers): readonly AwsService[] {
  return [
    ...services({}),
    awsService({
      name: 'Amazon S3',
      signingName: 's3',
      protocol: s3Protocol(),
      maximumBodyBytes: 20 * 1024 * 1024,
      sdk: '@aws-sdk/client-s3',
      handlers: handlers.s3 ?? {},
      refuse: refuseByList('InvalidArgument'),
    }),
    awsService({
      name: 'AWS Lambda',
      signingName: 'lambda',
      protocol: restJsonProtocol(),
      sdk: '@aws-sdk/client-lambda',
      handlers: handlers.lambda ?? {},
      refuse: refuseByList('ValidationException'),
    }),
    awsService({
      name: 'Amazon CloudWatch',
      signingName: 'monitoring',
      protocol: [
        jsonProtocol({ version: '1.0', targetPrefix: 'GraniteServiceVersion20100801', isQueryCompatible: true }),
        cborProtocol({ serviceName: 'GraniteServiceVersion20100801', isQueryCompatible: true }),
        queryProtocol({ version: '2010-08-01', xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/' }),
      ],
      sdk: '@aws-sdk/client-cloudwatch',
      handlers: handlers.cloudWatch ?? {},
      refuse: refuseByList('InvalidParameterValueException'),
    }),
  ]
}

/** Serves them until the test ends; whatever is logged goes into `logged`. */
export async function serve(t: TestContext, handlers: RestHandlers, logged: string[] = []): Promise<Endpoint> {
  const log = { info: () => undefined, warn: (message: string) => void logged.push(message) }
  const options = { services: allServices(handlers), host: '127.0.0.1', port: 0, accountId: '000000000000', log }
  const endpoint = await startEndpoint(options)
  t.after(() => endpoint.close())
  return endpoint
}

export const clientOf = ({ url }: Endpoint) => ({
  endpoint: url,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
  maxAttempts: 1,
})

export const noAws = spawnSync('aws', ['--version'], { stdio: 'ignore' }).status !== 0

/** What the AWS CLI writes; rejects with what it complains of. */
export async function aws({ url }: Endpoint, command: readonly string[]): Promise<string> {
  const env = {
    ...process.env,
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_DEFAULT_REGION: 'eu-west-1',
    AWS_MAX_ATTEMPTS: '1',
    AWS_PAGER: '',
  }
  const { stdout } = await promisify(execFile)('aws', command, { env })
  return stdout
}
