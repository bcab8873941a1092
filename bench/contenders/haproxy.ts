import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../demo/free-ports.ts'
import { doors, targetsOf, untilListening, weights, type Door, type Site, type Targets } from '../site.ts'
import type { Stage } from '../stage.ts'
import type { Contender, Running } from './contender.ts'
import { portsByDoor } from './nginx.ts'
import { versionOf } from './version.ts'

export const haproxy: Contender = {
  name: 'haproxy',
  setUp: '1 thread, http-reuse always, 64 KiB buffers, health checks, its access log to standard output (a file)',
  version: () => versionOf('haproxy', '-v'),
  async start(stage, site) {
    const ports = portsByDoor(await freePorts(doors.length), site)
    return startHaproxy(stage, ports, haproxyConfiguration(stage, site, ports))
  },
}

export async function startHaproxy(stage: Stage, ports: Running['ports'], configuration: string): Promise<Running> {
  const file = join(stage.subdirectory('haproxy'), 'haproxy.cfg')
  writeFileSync(file, configuration)
  const child = stage.start({ name: 'haproxy', command: 'haproxy', args: ['-db', '-f', file] })
  await Promise.all(Object.values(ports).map((port) => untilListening(port)))
  if (child.pid === undefined) throw new Error('HAProxy could not be started')
  return { pid: child.pid, ports, http2: true, log: stage.outputFile('haproxy'), stop: () => stage.end(child) }
}

/** Where HAProxy's runtime API is. */
export function haproxySocket(stage: Stage): string {
  return join(stage.subdirectory('haproxy'), 'admin.sock')
}

function haproxyConfiguration(stage: Stage, site: Site, ports: Running['ports']): string {
  const frontends = Object.entries(ports).map(([door, port]) => frontend(door as Door, port, site))
  const backends = (['small', 'large'] as const).map((name) => backend(name, serversOf(site[name])))
  return haproxyFrame(stage, [...frontends, ...backends].join('\n'))
}

/** What a HAProxy in front of an application has, around frontends and backends. */
export function haproxyFrame(stage: Stage, inner: string): string {
  return `
global
  nbthread 1
  maxconn 6000
  tune.bufsize 65536
  stats socket ${haproxySocket(stage)} mode 600 level admin
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 300s
  option http-keep-alive
  option forwardfor
  http-reuse always
  balance roundrobin
${inner}
`
}

export function backend(name: string, servers: readonly string[]): string {
  const lines = servers.map((server, index) => `  server ${name}${index} ${server} check inter 1s`)
  return [`backend ${name}`, '  option httpchk GET /health', ...lines].join('\n')
}

function serversOf({ blue, green }: Targets): readonly string[] {
  return [...blue.map((port) => weighted(port, weights.blue)), ...green.map((port) => weighted(port, weights.green))]
}

function weighted(port: number, weight: number): string {
  return `127.0.0.1:${port} weight ${weight}`
}

function frontend(door: Door, port: number, site: Site): string {
  const { certificate } = site
  const isSecure = door.endsWith('-tls') && certificate !== undefined
  const tls = isSecure ? ` ssl crt ${certificate.bundleFile} alpn h2,http/1.1` : ''
  return [
    `frontend at-${door}`,
    `  bind 127.0.0.1:${port} backlog 4096${tls}`,
    ...(door.endsWith('-log') ? ['  log stdout format raw local0 info', '  option httplog'] : []),
    `  http-request set-header X-Forwarded-Proto ${isSecure ? 'https' : 'http'}`,
    `  http-request set-header X-Forwarded-Port ${port}`,
    `  default_backend ${targetsOf(site, door) === site.small ? 'small' : 'large'}`,
  ].join('\n')
}
