import { Agent, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { createProxyServer as createHttpxy } from 'httpxy'
import { weights } from '../site.ts'

type ProxyPlan = { readonly port: number; readonly blue: readonly number[]; readonly green: readonly number[] }
type Forward = (request: IncomingMessage, response: ServerResponse, target: string) => void

const [library = '', plans = '[]'] = process.argv.slice(2)
const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY, maxFreeSockets: 1024 })
const forward = library === 'httpxy' ? forwardByHttpxy() : forwardByHttpProxy()
for (const plan of JSON.parse(plans) as readonly ProxyPlan[]) serve(plan)

function serve({ port, blue, green }: ProxyPlan): void {
  const urls = { blue: blue.map(urlOf), green: green.map(urlOf) }
  let turn = 0
  const server = createServer((request, response) => {
    const group = Math.random() * (weights.blue + weights.green) < weights.blue ? urls.blue : urls.green
    forward(request, response, group[turn++ % group.length] ?? '')
  })
  server.keepAliveTimeout = 300_000
  server.listen({ port, host: '127.0.0.1', backlog: 4096 })
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`
}

function forwardByHttpxy(): Forward {
  const proxy = createHttpxy({ xfwd: true, agent })
  return (request, response, target) => {
    proxy.web(request, response, { target }).catch(() => response.writeHead(502).end())
  }
}

type HttpProxy = {
  web(
    request: IncomingMessage,
    response: ServerResponse,
    options: { readonly target: string },
    onError: () => void,
  ): void
}

/** The library has no types of its own. */
function forwardByHttpProxy(): Forward {
  const require = createRequire(import.meta.url)
  const httpProxy = require('http-proxy') as {
    createProxyServer(options: { readonly xfwd: boolean; readonly agent: Agent }): HttpProxy
  }
  const proxy = httpProxy.createProxyServer({ xfwd: true, agent })
  return (request, response, target) => proxy.web(request, response, { target }, () => response.writeHead(502).end())
}
