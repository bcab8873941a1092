import { createRequire } from 'node:module'

/** The SDK clients whose models say what the services here take and answer. */
export type SdkModules = {
  readonly '@aws-sdk/client-acm': typeof import('@aws-sdk/client-acm')
  readonly '@aws-sdk/client-application-auto-scaling': typeof import('@aws-sdk/client-application-auto-scaling')
  readonly '@aws-sdk/client-cloudwatch': typeof import('@aws-sdk/client-cloudwatch')
  readonly '@aws-sdk/client-cloudwatch-logs': typeof import('@aws-sdk/client-cloudwatch-logs')
  readonly '@aws-sdk/client-codedeploy': typeof import('@aws-sdk/client-codedeploy')
  readonly '@aws-sdk/client-ecs': typeof import('@aws-sdk/client-ecs')
  readonly '@aws-sdk/client-elastic-load-balancing-v2': typeof import('@aws-sdk/client-elastic-load-balancing-v2')
  readonly '@aws-sdk/client-lambda': typeof import('@aws-sdk/client-lambda')
  readonly '@aws-sdk/client-s3': typeof import('@aws-sdk/client-s3')
  readonly '@aws-sdk/client-secrets-manager': typeof import('@aws-sdk/client-secrets-manager')
  readonly '@aws-sdk/client-ssm': typeof import('@aws-sdk/client-ssm')
  readonly '@aws-sdk/client-sts': typeof import('@aws-sdk/client-sts')
}

const require = createRequire(import.meta.url)

/** Loads it now, which takes some ten milliseconds the first time. It is the same module that `import` gives. */
export function sdkModule<Name extends keyof SdkModules>(name: Name): SdkModules[Name] {
  return require(name) as SdkModules[Name]
}
