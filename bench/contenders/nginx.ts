import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../../demo/free-ports.ts'
import { doors, targetsOf, untilListening, weights, type Door, type Site, type Targets } from '../site.ts'
import type { Stage } from '../stage.ts'
import type { Contender, Running } from './contender.ts'
import { versionOf } from './version.ts'

/** As it usually stands in front of one application: it forwards everything. */
export const nginx = contender('nginx', {
  setUp: '1 worker, keep-alive to targets, 64 KiB buffers, buffered access log, no active health checks (it has none)',
  hasRules: false,
})

/** With what Teal's listeners do besides: a load balancer has more than one application behind it, and traces requests. */
export const nginxWithRules = contender('nginx-rules', {
  setUp:
    "as nginx, with the same rules as Teal's listeners before the default action and with a trace id for each request",
  hasRules: true,
})

function contender(
  name: Contender['name'],
  { setUp, hasRules }: { readonly setUp: string; readonly hasRules: boolean },
): Contender {
  return {
    name,
    setUp,
    version: () => versionOf('nginx', '-v'),
    async start(stage, site) {
      const ports = portsByDoor(await freePorts(doors.length), site)
      return startNginx(stage, ports, nginxConfiguration(site, ports, hasRules), name)
    },
  }
}

export async function startNginx(
  stage: Stage,
  ports: Running['ports'],
  configuration: string,
  name: Contender['name'] = 'nginx',
): Promise<Running> {
  const directory = stage.subdirectory(name)
  writeNginxConfiguration(directory, configuration)
  const child = stage.start({ name, command: 'nginx', args: ['-p', directory, '-c', 'nginx.conf'] })
  await Promise.all(Object.values(ports).map((port) => untilListening(port)))
  if (child.pid === undefined) throw new Error('nginx could not be started')
  const log = join(directory, 'access.log')
  return { pid: child.pid, ports, http2: true, log, stop: () => stage.end(child) }
}

export function writeNginxConfiguration(directory: string, configuration: string): void {
  writeFileSync(join(directory, 'nginx.conf'), configuration)
}

/** The TLS doors are left out where there is no certificate. */
export function portsByDoor(ports: readonly number[], { certificate }: Site): Partial<Record<Door, number>> {
  const usable = doors.filter((door) => certificate !== undefined || !door.endsWith('-tls'))
  return Object.fromEntries(usable.map((door, index) => [door, ports[index] ?? 0]))
}

function nginxConfiguration(site: Site, ports: Running['ports'], hasRules: boolean): string {
  const servers = Object.entries(ports).map(([door, port]) => serverBlock(door as Door, port, site, hasRules))
  return nginxFrame(`
  ${hasRules ? 'proxy_set_header X-Amzn-Trace-Id "Root=1-$request_id";' : ''}
  ${upstream('small', serversOf(site.small))}
  ${upstream('large', serversOf(site.large))}
  ${servers.join('\n')}`)
}

/** What an nginx in front of an application has, around upstreams and servers. */
export function nginxFrame(inner: string): string {
  return `
daemon off;
worker_processes 1;
worker_rlimit_nofile 16000;
pid nginx.pid;
error_log error.log;
events { worker_connections 8000; }
http {
  log_format alb '$time_iso8601 $remote_addr:$remote_port $upstream_addr $request_time $upstream_header_time '
    '$upstream_response_time $status $upstream_status $request_length $bytes_sent "$request" "$http_user_agent" '
    '$ssl_cipher $ssl_protocol "$host" $request_id';
  access_log off;
  client_body_temp_path client_temp; proxy_temp_path proxy_temp;
  fastcgi_temp_path fastcgi_temp; uwsgi_temp_path uwsgi_temp; scgi_temp_path scgi_temp;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  tcp_nodelay on;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Port $server_port;
  proxy_buffer_size 64k;
  proxy_buffers 8 64k;
  proxy_busy_buffers_size 128k;
  ${inner}
}
`
}

export function upstream(name: string, servers: readonly string[]): string {
  const lines = servers.map((server) => `server ${server};`).join(' ')
  return `upstream ${name} { ${lines} keepalive 1024; keepalive_requests 1000000000; keepalive_timeout 300s; }`
}

function serversOf({ blue, green }: Targets): readonly string[] {
  return [...blue.map((port) => weighted(port, weights.blue)), ...green.map((port) => weighted(port, weights.green))]
}

function weighted(port: number, weight: number): string {
  return `127.0.0.1:${port} weight=${weight}`
}

function serverBlock(door: Door, port: number, site: Site, hasRules: boolean): string {
  const group = targetsOf(site, door) === site.small ? 'small' : 'large'
  const log = door.endsWith('-log') ? 'access_log access.log alb buffer=64k flush=1s;' : ''
  const { certificate } = site
  const isSecure = door.endsWith('-tls') && certificate !== undefined
  const tls = isSecure
    ? `ssl_certificate ${certificate.certificateFile}; ssl_certificate_key ${certificate.keyFile};`
    : ''
  const listen = `listen 127.0.0.1:${port}${isSecure ? ' ssl http2' : ''} backlog=4096;`
  const forward = `proxy_pass http://${group};`
  if (!hasRules) return `server { ${listen} ${tls} ${log} location / { ${forward} } }`
  return `
  server { ${listen.replace(' backlog=4096', '')} ${tls} ${log} server_name admin.example.com *.internal.example.com; location / { ${notHere} } }
  server { ${listen.replace(';', ' default_server;')} ${tls} ${log} ${locations(forward)} }`
}

const notHere = 'return 404 "not here";'

/** The conditions of `listenerOf`, as one writes them for nginx. */
function locations(forward: string): string {
  return `
    location /api/ { ${notHere} }
    location ~ ^/v2/.*/items$ { ${notHere} }
    location = /old { if ($request_method = POST) { ${notHere} } ${forward} }
    location / { if ($http_x_canary = always) { ${notHere} } ${forward} }`
}
