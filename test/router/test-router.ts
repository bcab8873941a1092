import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type {
  HealthCheckSettings,
  ListenerRoute,
  RouteAction,
  RoutingTable,
  TargetGroupRoute,
} from '../../src/domain/routing-table.ts'
import { DataPlane } from '../../src/router/data-plane.ts'
import type { ExchangeRecord } from '../../src/router/exchange-record.ts'
import { DirectHandles } from '../../src/router/direct-handle.ts'
import { ListeningPorts } from '../../src/router/ports.ts'
import { probe } from '../../src/router/probe.ts'
import { SavedState } from '../../src/router/saved-state.ts'
import { secureWithTls } from '../../src/router/tls-securing.ts'
import { transport, type Transport, type TransportName } from '../../src/router/transport.ts'
import { eventually, type Cleanups } from '../cleanups.ts'
import { freePort } from '../free-port.ts'

// As a router does when it starts.
await DirectHandles.learn()

export { Cleanups, eventually } from '../cleanups.ts'

export type TestApp = { readonly port: number; readonly close: () => Promise<void> }

/** An application that answers every request by the listener; health checks by 200 unless the listener wants them. */
export function startApp(cleanups: Cleanups, onRequest: RequestListener): Promise<TestApp> {
  return startAppOn(createServer(), cleanups, onRequest)
}

/** The same on a server that is given. */
export async function startAppOn(server: Server, cleanups: Cleanups, onRequest: RequestListener): Promise<TestApp> {
  server.on('request', (request, response) => {
    if (request.url === '/health') response.end('ok')
    else onRequest(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  }
  cleanups.add(close)
  return { port: (server.address() as AddressInfo).port, close }
}

type StartedRouter = {
  readonly dataDirectory?: string
  readonly random?: () => number
  readonly transportName?: TransportName
  /** Puts something between the router and its clients. */
  readonly adopt?: Transport['adopt']
  readonly clientLimit?: number
  readonly onExchange?: (record: ExchangeRecord) => void
}

/** Every test can be run over each way to the kernel. */
const usualTransport = (process.env['TEAL_ROUTER_TRANSPORT'] ?? 'direct') as TransportName

/** A router within this process, with everything it has but its control. */
export async function startRouter(
  cleanups: Cleanups,
  {
    dataDirectory = cleanups.temporaryDirectory(),
    random = Math.random,
    transportName = usualTransport,
    adopt = transport(transportName).adopt,
    onExchange = () => undefined,
    clientLimit = Infinity,
  }: StartedRouter = {},
): Promise<DataPlane> {
  const plane = new DataPlane({
    listenHost: '127.0.0.1',
    ports: new ListeningPorts({ listenHost: '127.0.0.1', siblings: [], inherited: new Map(), socketLimit: 1_024 }),
    savedState: new SavedState(dataDirectory, (message) => console.error(message)),
    transport: { ...transport(transportName), adopt },
    secure: secureWithTls(transport(transportName).tlsWires),
    onExchange,
    clientLimit,
    probe,
    random,
    log: () => undefined,
  })
  await plane.restore()
  cleanups.add(() => plane.close({ graceMilliseconds: 0 }))
  return plane
}

export function targetGroup(
  arn: string,
  ports: readonly number[],
  {
    draining = [],
    delaySeconds = 300,
    ...healthCheck
  }: Partial<HealthCheckSettings> & { readonly draining?: readonly number[]; readonly delaySeconds?: number } = {},
): TargetGroupRoute {
  return {
    targetGroupArn: arn,
    healthCheck: {
      enabled: true,
      path: '/health',
      port: 'traffic-port',
      intervalSeconds: 0.05,
      timeoutSeconds: 2,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
      matcher: '200',
      ...healthCheck,
    },
    deregistrationDelaySeconds: delaySeconds,
    targets: ports.map((port) => ({ id: '127.0.0.1', port, draining: draining.includes(port) })),
  }
}

export function forwardTo(...weights: readonly (readonly [arn: string, weight: number])[]): RouteAction {
  return {
    type: 'forward',
    targetGroups: weights.map(([targetGroupArn, weight]) => ({ targetGroupArn, weight })),
  }
}

export function listener(port: number, defaultAction: RouteAction, more: Partial<ListenerRoute> = {}): ListenerRoute {
  return {
    listenerArn: `listener/${port}`,
    port,
    rules: [],
    defaultAction,
    idleTimeoutSeconds: 60,
    clientKeepAliveSeconds: 3600,
    ...more,
  }
}

let lastVersion = 0

/** Every table is newer than the one made before it. */
export function table(listeners: readonly ListenerRoute[], groups: readonly TargetGroupRoute[]): RoutingTable {
  return {
    version: ++lastVersion,
    listeners,
    targetGroups: new Map(groups.map((group) => [group.targetGroupArn, group])),
  }
}

/** A router with one listener before the application's ports. */
export async function routerBefore(
  cleanups: Cleanups,
  ports: readonly number[],
  more: Partial<ListenerRoute> = {},
): Promise<{ readonly router: DataPlane; readonly port: number }> {
  const router = await startRouter(cleanups)
  const port = await freePort()
  await router.apply(table([listener(port, forwardTo(['group', 1]), more)], [targetGroup('group', ports)]))
  return { router, port }
}

export type Answer = {
  readonly statusCode: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: string
}

type Sent = {
  readonly path?: string
  readonly method?: string
  readonly headers?: Record<string, string | string[]>
  readonly body?: string
  readonly agent?: Agent | false
}

/** One request on a connection of its own, or on the agent's. */
export async function send(
  port: number,
  { path = '/', method = 'GET', headers = {}, body, agent = false }: Sent = {},
): Promise<Answer> {
  const request = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent })
  request.end(body)
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  const content = await text(answer)
  const { statusCode = 0, headers: answerHeaders, rawHeaders } = answer
  return { statusCode, headers: answerHeaders, rawHeaders, body: content }
}

export async function untilHealthy(router: DataPlane, ...keys: readonly string[]): Promise<void> {
  await eventually(`healthy: ${keys.join(', ')}`, () =>
    keys.every((key) => router.report().targets.get(key)?.health.state === 'healthy'),
  )
}
