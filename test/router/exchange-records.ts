import type { ListenerRoute } from '../../src/domain/routing-table.ts'
import type { ExchangeRecord } from '../../src/router/exchange-record.ts'
import { ToldBytes } from '../../src/router/told-bytes.ts'
import type { ClientSide } from '../../src/router/wire.ts'

export const loadBalancer = {
  loadBalancerArn: 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/web/50dc6c495c0c9188',
  resource: 'app/web/50dc6c495c0c9188',
  dnsName: 'web-1234.eu-west-1.elb.amazonaws.com',
}
export const blueArn = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/blue/73e2d6bc24d8a067'

export function loggedListener(more: Partial<ListenerRoute> = {}): ListenerRoute {
  return {
    listenerArn: loadBalancer.loadBalancerArn.replace(':loadbalancer/', ':listener/').concat('/0467ef3c8400ae65'),
    port: 80,
    rules: [],
    defaultAction: { type: 'forward', targetGroups: [{ targetGroupArn: blueArn, weight: 1 }] },
    idleTimeoutSeconds: 60,
    clientKeepAliveSeconds: 3600,
    loadBalancer,
    ...more,
  }
}

export const client: ClientSide = {
  address: '192.0.2.9',
  port: 2817,
  localAddress: '203.0.113.9',
  localPort: 80,
  connectionTraceId: 'TID_f412ec94f0d7274a995f1719b4f4f35e',
  isHttp2: false,
}

const listenerOfAll = loggedListener()

/** A record, with what the request says as texts. */
export type ToldExchange = Omit<ExchangeRecord, 'told'> & ToldTexts
type ToldTexts = {
  readonly method: string | undefined
  readonly uri: string | undefined
  readonly host: string | undefined
  readonly userAgent: string | undefined
  readonly traceId: string | undefined
}

/** A request that was forwarded and answered. */
export function exchange(more: Partial<ToldExchange> = {}): ExchangeRecord {
  const { method, uri, host, userAgent, traceId, ...record } = exchangeInTexts(more)
  return { ...record, told: toldBytes({ method, uri, host, userAgent, traceId }) }
}

function toldBytes(texts: ToldTexts): ToldBytes {
  const told = new ToldBytes()
  let at = 0
  told.bytes = Buffer.from(Object.values(texts).join(''), 'latin1')
  for (const [name, text] of Object.entries(texts) as [keyof ToldTexts, string | undefined][]) {
    if (text === undefined) continue
    told[`${name}Start`] = at
    told[`${name}End`] = at += text.length
  }
  return told
}

/** What a record says of its request; its bytes are another request's soon. */
export function toldTexts({ told }: ExchangeRecord): ToldTexts {
  const text = (start: number, end: number): string | undefined =>
    start < 0 ? undefined : told.bytes.toString('latin1', start, end)
  return {
    method: text(told.methodStart, told.methodEnd),
    uri: text(told.uriStart, told.uriEnd),
    host: text(told.hostStart, told.hostEnd),
    userAgent: text(told.userAgentStart, told.userAgentEnd),
    traceId: text(told.traceIdStart, told.traceIdEnd),
  }
}

function exchangeInTexts(more: Partial<ToldExchange>): ToldExchange {
  return {
    listener: listenerOfAll,
    client,
    isWebSocket: false,
    createdAt: Date.UTC(2026, 0, 2, 22, 22, 48, 364),
    endedAt: Date.UTC(2026, 0, 2, 22, 23, 0, 186) + 0.6412,
    requestProcessingSeconds: 0,
    targetProcessingSeconds: 0.001,
    responseProcessingSeconds: 12.3456,
    target: '10.0.0.1:80',
    targetGroupArn: blueArn,
    elbStatusCode: 200,
    targetStatusCode: 200,
    receivedBytes: 34,
    sentBytes: 366,
    method: 'GET',
    uri: '/',
    httpVersion: '1.1',
    host: 'www.example.com',
    userAgent: 'curl/8.5.0',
    traceId: 'Root=1-58337262-36d228ad5d99923122bbe354',
    matchedRulePriority: 0,
    action: 'forward',
    redirectUrl: undefined,
    transform: undefined,
    classification: undefined,
    classificationReason: undefined,
    ...more,
  }
}
