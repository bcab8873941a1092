import type { AccessLogDestination } from '../domain/access-log-file.ts'
import type { LoadBalancer } from '../domain/load-balancer.ts'
import type { Clock } from './ports.ts'
import type { Store } from './store.ts'

/** Of a load balancer whose log has ended: so long after that, lines may come of requests that began before, as WebSockets. */
const keptMilliseconds = 2 * 3_600_000

export function isLogging({ attributes }: LoadBalancer): boolean {
  return attributes['access_logs.s3.enabled'] === 'true'
}

/** Where a load balancer's access log goes, or went before it ended; undefined where nobody knows any more. */
export function accessLogDestination(store: Store, loadBalancerArn: string): AccessLogDestination | undefined {
  const loadBalancer = store.loadBalancers.get(loadBalancerArn)
  return (loadBalancer && destinationOf(loadBalancer)) ?? store.endedAccessLogs.get(loadBalancerArn)?.destination
}

/**
 * To be called in the transaction that deletes a load balancer or changes it to `after`: what was written of a log that ends
 * by that is still delivered, also by the next engine.
 */
export function noteEndOfAccessLog(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  before: LoadBalancer,
  after?: LoadBalancer,
): void {
  const { loadBalancerArn } = before
  const destination = destinationOf(before)
  const hasEnded = after === undefined || destinationOf(after) === undefined || (isLogging(before) && !isLogging(after))
  if (destination === undefined || !hasEnded) return
  store.endedAccessLogs.put(loadBalancerArn, { loadBalancerArn, destination, endedAt: clock.now() })
}

/** Those of which there is nothing left to deliver, or nowhere to deliver it to. */
export function forgetEndedAccessLogs(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  hasFiles: (loadBalancerArn: string) => boolean,
): void {
  for (const { loadBalancerArn, destination, endedAt } of store.endedAccessLogs.list()) {
    const isWanted = hasFiles(loadBalancerArn) && store.buckets.has(destination.bucket)
    if (!isWanted && clock.now() - endedAt > keptMilliseconds) store.endedAccessLogs.delete(loadBalancerArn)
  }
}

function destinationOf({ attributes }: LoadBalancer): AccessLogDestination | undefined {
  const bucket = attributes['access_logs.s3.bucket'] ?? ''
  return bucket === '' ? undefined : { bucket, prefix: attributes['access_logs.s3.prefix'] ?? '' }
}
