import { thingOf } from '../domain/preflight/facts.ts'
import type { HealthAnswer, ListenerFacts, PreflightFacts, TargetGroupFacts } from '../domain/preflight/facts.ts'

const patienceMilliseconds = 3_000

/**
 * Asks the version that serves now for the path of green's health check, through the production listener. Not where blue's
 * own health checks ask the same already, and not where the listener would send the request elsewhere; undefined where the
 * listener cannot be reached from here.
 */
export async function askHealth(facts: PreflightFacts): Promise<HealthAnswer | undefined> {
  const group = thingOf(facts.group)
  const primary = thingOf(facts.service)?.primary
  const pair = facts.targetGroups.flatMap(({ looked }) => thingOf(looked) ?? [])
  const blue = pair.find(({ targetGroupArn }) => primary?.targetGroupArns.includes(targetGroupArn))
  const green = pair.find((candidate) => candidate !== blue)
  const listener = facts.listeners
    .map(({ looked }) => thingOf(looked))
    .find((found) => found?.listenerArn === group?.prodListenerArn)
  if (blue === undefined || green === undefined || listener === undefined) return undefined
  if (!isWorthAsking(blue, green) || !sendsTo(listener, blue)) return undefined
  const host = facts.loadBalancers.find(({ loadBalancerArn }) => loadBalancerArn === listener.loadBalancerArn)?.dnsName
  if (host === undefined || host === '') return undefined
  const url = `${listener.protocol.toLowerCase()}://${host}:${listener.port}${green.healthCheck.path}`
  const statusCode = await statusOf(url)
  return statusCode === undefined ? undefined : { url, targetGroupArn: green.targetGroupArn, statusCode }
}

function isWorthAsking(blue: TargetGroupFacts, green: TargetGroupFacts): boolean {
  const isSame =
    blue.healthCheck.path === green.healthCheck.path && blue.healthCheck.matcher === green.healthCheck.matcher
  const isOnTraffic = green.healthCheck.port === 'traffic-port' && green.healthCheck.protocol.startsWith('HTTP')
  const serves = (blue.targets ?? []).some(({ state }) => state === 'healthy')
  return !isSame && isOnTraffic && serves
}

function sendsTo({ routes }: ListenerFacts, blue: TargetGroupFacts): boolean {
  const [only, ...others] = routes
  if (others.length > 0 || only === undefined) return false
  return only.targetGroups.every(({ targetGroupArn, weight }) => weight === 0 || targetGroupArn === blue.targetGroupArn)
}

async function statusOf(url: string): Promise<number | undefined> {
  if (!URL.canParse(url)) return undefined
  try {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(patienceMilliseconds) })
    await answer.body?.cancel()
    return answer.status
  } catch {
    return undefined
  }
}
