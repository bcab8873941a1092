import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../../demo/free-ports.ts'
import { ReportCopy } from '../../src/adapters/report-copy.ts'
import { callRouter, routerEnvironment, routerNodeOptions } from '../../src/adapters/router-process.ts'
import { TableSender } from '../../src/adapters/table-sender.ts'
import { accessLogDirectory } from '../../src/domain/access-log-file.ts'
import type { RouterReport } from '../../src/domain/router-report.ts'
import {
  defaultHandling,
  type ListenerRoute,
  type RoutingTable,
  type RuleRoute,
  type TargetGroupRoute,
  type WeightedTargetGroup,
} from '../../src/domain/routing-table.ts'
import { doors, targetsOf, weights, type Door, type Site } from '../site.ts'
import type { Stage } from '../stage.ts'
import type { Contender, Running } from './contender.ts'
import { portsByDoor } from './nginx.ts'

const program = fileURLToPath(new URL('../../src/router/main.ts', import.meta.url))
const startMilliseconds = 20_000
const loadBalancerArn = 'arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/bench/0123456789abcdef'

export const teal: Contender = {
  name: 'teal',
  setUp: '1 router process: rules, weights over two target groups, X-Forwarded-*, counters, health checks',
  version: () => `this working tree, Node ${process.version}`,
  async start(stage, site) {
    const ports = portsByDoor(await freePorts(doors.length), site)
    const router = startRouter(stage)
    const { refusedListeners } = await router.apply(tableFor(site, ports))
    // A listener this version cannot open is not measured.
    const refused = new Set(refusedListeners.map(({ port }) => port))
    const served = Object.fromEntries(Object.entries(ports).filter(([, port]) => !refused.has(port)))
    await router.untilHealthy()
    return { pid: router.pid, ports: served, http2: true, log: router.accessLogs, stop: router.stop }
  },
}

export type RouterUnderTest = {
  readonly pid: number
  readonly accessLogs: string
  /** The router's process, for those who gave it a channel. */
  readonly child: ReturnType<Stage['start']>
  /** As by the engine: after the first table, the news of each. */
  readonly apply: (table: RoutingTable) => Promise<{ readonly refusedListeners: RouterReport['refusedListeners'] }>
  /** As by an engine that has just started. */
  readonly applyWhole: (table: RoutingTable) => Promise<unknown>
  readonly report: () => Promise<RouterReport>
  readonly untilHealthy: () => Promise<void>
  readonly stop: () => Promise<void>
}

/** A router's process as the engine starts one. `nodeOptions` are put before the program. */
export function startRouter(stage: Stage, nodeOptions: readonly string[] = []): RouterUnderTest {
  const directory = stage.subdirectory(`router-${performance.now()}`)
  const socketPath = join(directory, 'router.sock')
  const options = ['--data', directory, '--listen-host', '127.0.0.1', '--socket', socketPath, '--detached']
  const child = stage.start({
    name: 'teal',
    command: process.execPath,
    args: [...routerNodeOptions, ...nodeOptions, program, ...options],
    hasChannel: nodeOptions.length > 0,
    hasRoomForFiles: true,
    env: routerEnvironment,
  })
  if (child.pid === undefined) throw new Error('The router could not be started')
  const whenUp = <Answer>(call: () => Promise<Answer>): Promise<Answer> =>
    untilAnswered(call, () => (hasEnded(child) ? stage.outputOf('teal') : undefined))
  const tables = new TableSender(socketPath)
  const copy = new ReportCopy()
  const report = async (): Promise<RouterReport> => {
    const headers = { 'If-None-Match': copy.revision }
    copy.hear(await whenUp(() => callRouter(socketPath, { method: 'GET', path: '/report', headers })))
    if (copy.report === undefined) throw new Error('The router has reported nothing')
    return copy.report
  }
  return {
    pid: child.pid,
    accessLogs: join(directory, accessLogDirectory),
    child,
    report,
    apply: (table) => whenUp(() => tables.send(table)),
    applyWhole: (table) => whenUp(() => new TableSender(socketPath).send(table)),
    untilHealthy: async () => {
      await until('all targets are healthy', async () => {
        const { targets } = await report()
        return [...targets.values()].every(({ health }) => health.state === 'healthy')
      })
    },
    stop: () => stage.end(child),
  }
}

/** A router that was started a moment ago has no socket yet. */
async function untilAnswered<Answer>(
  call: () => Promise<Answer>,
  lastWords: () => string | undefined,
): Promise<Answer> {
  const deadline = performance.now() + startMilliseconds
  for (;;) {
    try {
      return await call()
    } catch (error) {
      const isYoung = error instanceof Error && error.name === 'RouterUnreachable' && performance.now() < deadline
      const words = lastWords()
      if (words !== undefined) throw new Error(`The router has ended: ${words}`, { cause: error })
      if (!isYoung) throw error
    }
    await delay(20)
  }
}

function hasEnded({ exitCode, signalCode }: RouterUnderTest['child']): boolean {
  return exitCode !== null || signalCode !== null
}

async function until(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + startMilliseconds
  while (!(await look())) {
    if (performance.now() > deadline) throw new Error(`Not within ${startMilliseconds / 1000} s: ${what}`)
    await delay(50)
  }
}

let lastVersion = 0

export function tableOf(listeners: readonly ListenerRoute[], groups: readonly TargetGroupRoute[]): RoutingTable {
  const targetGroups = new Map(groups.map((group) => [group.targetGroupArn, group]))
  return { version: ++lastVersion, listeners, targetGroups }
}

function tableFor(site: Site, ports: Running['ports']): RoutingTable {
  const listeners = Object.entries(ports).map(([door, port]) => listenerFor(door as Door, port, site))
  const groups = (['small', 'large'] as const).flatMap((size) => [
    groupOf(`${size}-blue`, site[size].blue),
    groupOf(`${size}-green`, site[size].green),
  ])
  return tableOf(listeners, groups)
}

function listenerFor(door: Door, port: number, site: Site): ListenerRoute {
  const size = targetsOf(site, door) === site.small ? 'small' : 'large'
  const { certificate } = site
  const listener = listenerOf(port, [
    { targetGroupArn: arnOf(`${size}-blue`), weight: weights.blue },
    { targetGroupArn: arnOf(`${size}-green`), weight: weights.green },
  ])
  const tls = {
    certificates: [{ certificateArn: 'certificate', names: ['localhost'], ...certificate }],
    sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-2021-06',
    http2: true,
  } as unknown as NonNullable<ListenerRoute['tls']>
  return {
    ...listener,
    handling: { ...defaultHandling, accessLog: door.endsWith('-log') },
    ...(door.endsWith('-tls') && certificate !== undefined && { tls }),
  }
}

/** A listener with rules of every usual kind before its default action, which is what the benchmarks' requests meet. */
export function listenerOf(port: number, targetGroups: readonly WeightedTargetGroup[]): ListenerRoute {
  const elsewhere: RuleRoute['action'] = {
    type: 'fixed-response',
    statusCode: 404,
    contentType: 'text/plain',
    messageBody: 'not here',
  }
  const conditions: readonly RuleRoute['conditions'][] = [
    [{ field: 'host-header', values: ['admin.example.com', '*.internal.example.com'] }],
    [{ field: 'path-pattern', values: ['/api/*', '/v2/*/items'] }],
    [{ field: 'http-header', name: 'X-Canary', values: ['always'] }],
    [
      { field: 'path-pattern', values: ['/old'] },
      { field: 'http-request-method', values: ['POST'] },
    ],
  ]
  return {
    listenerArn: `listener/${port}`,
    port,
    rules: conditions.map((values, index) => ({ priority: index + 1, conditions: values, action: elsewhere })),
    defaultAction: { type: 'forward', targetGroups },
    idleTimeoutSeconds: 60,
    clientKeepAliveSeconds: 3600,
    loadBalancer: { loadBalancerArn, resource: 'app/bench/0123456789abcdef', dnsName: 'bench.example.com' },
  }
}

export function groupOf(name: string, ports: readonly number[], { intervalSeconds = 1 } = {}): TargetGroupRoute {
  return {
    targetGroupArn: arnOf(name),
    healthCheck: {
      enabled: true,
      path: '/health',
      port: 'traffic-port',
      intervalSeconds,
      timeoutSeconds: 5,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 5,
      matcher: '200',
    },
    deregistrationDelaySeconds: 30,
    targets: ports.map((port) => ({ id: '127.0.0.1', port, draining: false })),
  }
}

export function arnOf(name: string): string {
  return `arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/${name}/0123456789abcdef`
}
