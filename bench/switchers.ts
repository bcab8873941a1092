import { request, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePorts } from '../demo/free-ports.ts'
import { caddy, caddyFrame, reverseProxy, startCaddy } from './contenders/caddy.ts'
import type { ContenderName, Running } from './contenders/contender.ts'
import { backend, haproxy, haproxyFrame, haproxySocket, startHaproxy } from './contenders/haproxy.ts'
import { nginx, nginxFrame, startNginx, upstream, writeNginxConfiguration } from './contenders/nginx.ts'
import { arnOf, groupOf, listenerOf, startRouter, tableOf } from './contenders/teal.ts'
import type { Site } from './site.ts'
import type { Stage } from './stage.ts'

export type Side = 'blue' | 'green'

/** One way to give all requests to the other of two target groups. */
export type Switcher = {
  readonly name: ContenderName
  readonly way: string
  readonly isInstalled: () => boolean
  /** Blue answers first. */
  readonly start: (stage: Stage, site: Site) => Promise<SwitcherRunning>
}

type SwitcherRunning = {
  readonly port: number
  /** Resolves when the program says that it has changed, or, where it does not say, when it was told. */
  readonly turn: (to: Side) => Promise<void>
  readonly stop: () => Promise<void>
}

const tealTable: Switcher = {
  name: 'teal',
  way: 'Teal: a new routing table',
  isInstalled: () => true,
  async start(stage, site) {
    const port = await onePort()
    const router = startRouter(stage)
    const groups = [groupOf('blue', site.small.blue), groupOf('green', site.small.green)]
    const turn = async (to: Side): Promise<void> => {
      const weighted = (['blue', 'green'] as const).map((side) => ({
        targetGroupArn: arnOf(side),
        weight: side === to ? 100 : 0,
      }))
      await router.apply(tableOf([listenerOf(port, weighted)], groups))
    }
    await turn('blue')
    await router.untilHealthy()
    return { port, turn, stop: router.stop }
  },
}

const haproxyRuntime: Switcher = {
  name: 'haproxy',
  way: 'HAProxy: runtime API, set weight',
  isInstalled: () => haproxy.version() !== undefined,
  async start(stage, { small }) {
    const port = await onePort()
    const servers = [...small.blue, ...small.green].map((one) => `127.0.0.1:${one} weight 100`)
    const frontend = `frontend door\n  bind 127.0.0.1:${port}\n  default_backend app`
    const running = await startHaproxy(
      stage,
      { small: port },
      haproxyFrame(stage, `${frontend}\n${backend('app', servers)}`),
    )
    const turn = async (to: Side): Promise<void> => {
      const weightOf = (index: number): number => (index < small.blue.length === (to === 'blue') ? 100 : 0)
      await tellHaproxy(stage, servers.map((_, index) => `set weight app/app${index} ${weightOf(index)}`).join(';'))
    }
    await turn('blue')
    return { port, turn, stop: running.stop }
  },
}

async function tellHaproxy(stage: Stage, command: string): Promise<void> {
  const socket = connect(haproxySocket(stage))
  socket.end(`${command}\n`)
  const complaint = (await text(socket)).trim()
  if (complaint !== '') throw new Error(`HAProxy answered: ${complaint}`)
}

const nginxReload: Switcher = {
  name: 'nginx',
  way: 'nginx: reload',
  isInstalled: () => nginx.version() !== undefined,
  async start(stage, site) {
    const port = await onePort()
    const configuration = (side: Side): string =>
      nginxFrame(`
  ${upstream(
    'app',
    site.small[side].map((one) => `127.0.0.1:${one}`),
  )}
  server { listen 127.0.0.1:${port} backlog=4096; location / { proxy_pass http://app; } }`)
    const running = await startNginx(stage, { small: port }, configuration('blue'))
    const directory = stage.subdirectory('nginx')
    const turn = async (to: Side): Promise<void> => {
      writeNginxConfiguration(directory, configuration(to))
      process.kill(Number(readFileSync(join(directory, 'nginx.pid'), 'utf8')), 'SIGHUP')
    }
    return { port, turn, stop: running.stop }
  },
}

const caddyReload: Switcher = {
  name: 'caddy',
  way: 'Caddy: configuration loaded through its admin interface',
  isInstalled: () => caddy.version() !== undefined,
  async start(stage, site) {
    const [port = 0, adminPort = 0] = await freePorts(2)
    const configuration = (side: Side): string =>
      caddyFrame(adminPort, `http://:${port} {\n  bind 127.0.0.1\n  ${reverseProxy(site.small[side])}\n}`)
    const running: Running = await startCaddy(stage, { small: port }, configuration('blue'))
    return { port, turn: (to) => loadIntoCaddy(adminPort, configuration(to)), stop: running.stop }
  },
}

async function loadIntoCaddy(adminPort: number, configuration: string): Promise<void> {
  const headers = { 'Content-Type': 'text/caddyfile' }
  const call = request({ host: '127.0.0.1', port: adminPort, method: 'POST', path: '/load', headers, agent: false })
  call.end(configuration)
  const [answer] = (await once(call, 'response')) as [IncomingMessage]
  const body = await text(answer)
  if (answer.statusCode !== 200) throw new Error(`Caddy answered ${answer.statusCode}: ${body}`)
}

export const allSwitchers: readonly Switcher[] = [tealTable, haproxyRuntime, nginxReload, caddyReload]

async function onePort(): Promise<number> {
  const [port = 0] = await freePorts(1)
  return port
}
