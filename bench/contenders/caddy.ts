import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../demo/free-ports.ts'
import { doors, targetsOf, untilListening, type Door, type Site } from '../site.ts'
import type { Stage } from '../stage.ts'
import type { Contender, Running } from './contender.ts'
import { portsByDoor } from './nginx.ts'
import { versionOf } from './version.ts'

export const caddy: Contender = {
  name: 'caddy',
  setUp: 'GOMAXPROCS=1, keep-alive to targets, health checks; targets in turn, without weights',
  version: () => versionOf('caddy', 'version'),
  async start(stage, site) {
    const [adminPort = 0, ...doorPorts] = await freePorts(1 + doors.length)
    const ports = portsByDoor(doorPorts, site)
    return startCaddy(stage, ports, caddyConfiguration(stage, site, { ports, adminPort }))
  },
}

export async function startCaddy(stage: Stage, ports: Running['ports'], configuration: string): Promise<Running> {
  const file = writeCaddyConfiguration(stage, configuration)
  const directory = stage.subdirectory('caddy')
  const child = stage.start({
    name: 'caddy',
    command: 'caddy',
    args: ['run', '--config', file, '--adapter', 'caddyfile'],
    env: { GOMAXPROCS: '1', XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory },
  })
  await Promise.all(Object.values(ports).map((port) => untilListening(port)))
  if (child.pid === undefined) throw new Error('Caddy could not be started')
  return { pid: child.pid, ports, http2: true, log: accessLog(stage), stop: () => stage.end(child) }
}

function writeCaddyConfiguration(stage: Stage, configuration: string): string {
  const file = join(stage.subdirectory('caddy'), 'Caddyfile')
  writeFileSync(file, configuration)
  return file
}

type CaddyPorts = { readonly ports: Running['ports']; readonly adminPort: number }

function caddyConfiguration(stage: Stage, site: Site, { ports, adminPort }: CaddyPorts): string {
  return caddyFrame(
    adminPort,
    Object.entries(ports)
      .map(([door, port]) => siteBlock(stage, door as Door, port, site))
      .join('\n'),
  )
}

/** `adminPort`: where its admin interface is to be. */
export function caddyFrame(adminPort: number, inner: string): string {
  return `
{
  admin 127.0.0.1:${adminPort}
  auto_https off
}
${inner}
`
}

export function reverseProxy(ports: readonly number[]): string {
  return `reverse_proxy ${ports.map((port) => `127.0.0.1:${port}`).join(' ')} {
    lb_policy round_robin
    health_uri /health
    health_interval 1s
    transport http {
      keepalive_idle_conns_per_host 1024
    }
  }`
}

function siteBlock(stage: Stage, door: Door, port: number, site: Site): string {
  const { blue, green } = targetsOf(site, door)
  const { certificate } = site
  const isSecure = door.endsWith('-tls') && certificate !== undefined
  const log = door.endsWith('-log') ? `log {\n output file ${accessLog(stage)}\n }` : ''
  return `${isSecure ? 'https' : 'http'}://:${port} {
  bind 127.0.0.1
  ${isSecure ? `tls ${certificate.certificateFile} ${certificate.keyFile}` : ''}
  ${log}
  ${reverseProxy([...blue, ...green])}
}`
}

function accessLog(stage: Stage): string {
  return join(stage.subdirectory('caddy'), 'access.log')
}
