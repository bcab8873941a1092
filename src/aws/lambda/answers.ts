import type * as sdk from '@aws-sdk/client-lambda'
import type { FunctionAlias, FunctionVersion, LambdaFunction } from '../../domain/lambda-function.ts'
import type { Answer } from '../handlers.ts'

/** A version as the API shows it; `qualifier` as it was asked for, to stand in the ARN. */
export function configuration(
  { functionName, functionArn }: LambdaFunction,
  version: FunctionVersion,
  qualifier?: string,
): Answer<sdk.FunctionConfiguration> {
  const { recorded, environment } = version
  return {
    FunctionName: functionName,
    FunctionArn: qualifier === undefined ? functionArn : `${functionArn}:${qualifier}`,
    Runtime: version.runtime as sdk.Runtime,
    Role: version.role,
    Handler: version.handler,
    CodeSize: version.code.sizeBytes,
    CodeSha256: codeSha256(version),
    Description: version.description,
    Timeout: version.timeoutSeconds,
    MemorySize: version.memorySizeMegabytes,
    LastModified: new Date(version.lastModified).toISOString().replace('Z', '+0000'),
    Version: version.version,
    RevisionId: version.revisionId,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    ...(Object.keys(environment).length > 0 && { Environment: { Variables: environment } }),
    Architectures: ['x86_64'],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: 'None', OptimizationStatus: 'Off' },
    TracingConfig: { Mode: 'PassThrough' },
    ...recorded,
    LoggingConfig: {
      LogFormat: 'Text',
      LogGroup: `/aws/lambda/${functionName}`,
      ...(recorded['LoggingConfig'] as sdk.LoggingConfig | undefined),
    },
  }
}

/** Lambda writes the digest of the archive in base64. */
export function codeSha256({ code }: FunctionVersion): string {
  return Buffer.from(code.sha256, 'hex').toString('base64')
}

export function aliasConfiguration(
  { functionArn }: LambdaFunction,
  { name, functionVersion, description, additionalVersionWeights, revisionId }: FunctionAlias,
): Answer<sdk.AliasConfiguration> {
  return {
    AliasArn: `${functionArn}:${name}`,
    Name: name,
    FunctionVersion: functionVersion,
    Description: description,
    RevisionId: revisionId,
    ...(Object.keys(additionalVersionWeights).length > 0 && {
      RoutingConfig: { AdditionalVersionWeights: additionalVersionWeights },
    }),
  }
}
