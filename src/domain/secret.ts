import type { Tags } from './load-balancer.ts'

/** A secret of Secrets Manager, with the values of its versions. */
export type StoredSecret = {
  readonly arn: string
  readonly name: string
  readonly region: string
  readonly description?: string
  readonly kmsKeyId?: string
  readonly createdAt: number
  readonly changedAt: number
  /** Set while it is scheduled to be deleted: when it is gone. */
  readonly deletesAt?: number
  /** When that was asked for. */
  readonly deletedAt?: number
  readonly tags: Tags
  /** Newest last. */
  readonly versions: readonly SecretVersion[]
}

export type SecretVersion = {
  readonly versionId: string
  readonly createdAt: number
  readonly stages: readonly string[]
  /** Base64 where it is `binary`. */
  readonly value: string
  readonly isBinary: boolean
}

/** A parameter of the Parameter Store, with the values of its versions. */
export type StoredParameter = {
  readonly arn: string
  readonly name: string
  readonly region: string
  readonly type: 'String' | 'StringList' | 'SecureString'
  readonly description?: string
  readonly keyId?: string
  readonly allowedPattern?: string
  readonly dataType: string
  readonly tier: 'Standard' | 'Advanced'
  readonly tags: Tags
  /** Newest last; each with a number one above the one before. */
  readonly versions: readonly ParameterVersion[]
}

export type ParameterVersion = {
  readonly version: number
  readonly value: string
  readonly modifiedAt: number
  readonly modifiedBy: string
}

/** Where `valueFrom` of a container's secret points. */
export type SecretReference =
  | { readonly kind: 'parameter'; readonly region: string | undefined; readonly name: string }
  | {
      readonly kind: 'secret'
      readonly region: string
      readonly secretId: string
      readonly jsonKey?: string
      readonly versionStage?: string
      readonly versionId?: string
    }

/**
 * Reads `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX[:json-key:version-stage:version-id]`,
 * `arn:aws:ssm:REGION:ACCOUNT:parameter/NAME`, or a parameter's name (AWS: Secret.valueFrom).
 */
export function readSecretReference(valueFrom: string): SecretReference {
  const [prefix, , service, region = '', , ...resource] = valueFrom.split(':')
  if (prefix !== 'arn') return { kind: 'parameter', region: undefined, name: valueFrom }
  if (service === 'ssm') return { kind: 'parameter', region, name: parameterName(resource.join(':')) }
  const [, , , , , , , jsonKey = '', versionStage = '', versionId = ''] = valueFrom.split(':')
  return {
    kind: 'secret',
    region,
    secretId: valueFrom.split(':').slice(0, 7).join(':'),
    ...(jsonKey === '' ? {} : { jsonKey }),
    ...(versionStage === '' ? {} : { versionStage }),
    ...(versionId === '' ? {} : { versionId }),
  }
}

/** `parameter/a/b` is `/a/b`, and `parameter/a` may be `a` too: names with one part have no slash in their ARN. */
function parameterName(resource: string): string {
  const path = resource.replace(/^parameter/, '')
  return path.lastIndexOf('/') === 0 ? path.slice(1) : path
}
