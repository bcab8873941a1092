import { accessLogTestKey, loggedLoadBalancer } from '../../domain/access-log-file.ts'
import type { LoadBalancer } from '../../domain/load-balancer.ts'
import type { Bucket } from '../../domain/s3.ts'
import type { Engine } from '../../engine/engine.ts'
import { refusal } from './errors.ts'

type Attributes = Readonly<Record<string, string>>

/**
 * Sees to it, before they are kept, that a load balancer with these attributes can deliver its access log: there is such
 * a bucket, and as on AWS, it gets a file that says so. Does nothing where neither switch nor place has changed.
 *
 * @throws AwsError InvalidConfigurationRequest in AWS's words
 */
export async function checkAccessLogs(engine: Tools, loadBalancer: LoadBalancer, changed: Attributes): Promise<void> {
  const { loadBalancerArn, name, attributes } = loadBalancer
  if (changed[enabled] !== 'true' || settingKeys.every((key) => changed[key] === attributes[key])) return
  const place = { bucket: changed[bucketKey] ?? '', prefix: changed[prefixKey] ?? '' }
  checkPlace(place)
  const logged = loggedLoadBalancer(loadBalancerArn)
  if (logged === undefined) return
  const { clock, objects, store } = engine
  if (!store.buckets.has(place.bucket)) throw accessDenied(place.bucket)
  const text = `Enable AccessLog for ELB: ${name} at ${new Date(clock.now()).toISOString()}`
  await objects.put(
    { bucket: place.bucket, key: accessLogTestKey(logged, place.prefix) },
    { content: [new TextEncoder().encode(text)], headers: { contentType: 'text/plain', metadata: {} } },
    (bucket: Bucket | undefined) => {
      if (bucket === undefined) throw accessDenied(place.bucket)
      return bucket
    },
  )
}

type Tools = Pick<Engine, 'clock' | 'objects' | 'store'>

const enabled = 'access_logs.s3.enabled'
const bucketKey = 'access_logs.s3.bucket'
const prefixKey = 'access_logs.s3.prefix'
const settingKeys = [enabled, bucketKey, prefixKey]

function checkPlace({ bucket, prefix }: { readonly bucket: string; readonly prefix: string }): void {
  if (bucket === '') throw wrong(`The value of '${bucketKey}' must be the name of a bucket when '${enabled}' is 'true'`)
  if (prefix.includes('AWSLogs')) throw wrong(`The value of '${prefixKey}', '${prefix}', must not contain 'AWSLogs'`)
  if (/^\/|\/$/.test(prefix)) {
    throw wrong(`The value of '${prefixKey}', '${prefix}', must not begin or end with '/': leave the slash out`)
  }
}

function wrong(message: string): Error {
  return refusal('InvalidConfigurationRequestException', message)
}

function accessDenied(bucket: string): Error {
  return wrong(`Access Denied for bucket: ${bucket}. Please check S3bucket permission`)
}
