import type { IncomingMessage, ServerResponse } from 'node:http'
import { isFromThisMachine } from '../aws/caller.ts'
import { foreignNameRefusal, isFromAnotherSite } from '../aws/wire/browser.ts'
import { receiveBody, receiveHead } from '../aws/wire/receive.ts'
import type { WireRequest } from '../aws/wire/protocol.ts'
import { act } from './actions.ts'
import type { ActionClients } from './actions.ts'
import { Assets } from './assets.ts'
import { EventStreams } from './event-streams.ts'
import { deploymentFile } from './export-page.ts'
import { htmlHeaders, noSniff, pageShell } from './page-shell.ts'
import type { ConsoleSource } from './source.ts'
import type { ActionView } from './views.ts'

export type ConsoleOptions = {
  readonly source: ConsoleSource
  readonly actions: ActionClients
  readonly isReadOnly: boolean
  /** The name that the endpoint was told to serve, or its address. */
  readonly host: string
  /** Who may look and act, where not everybody may. */
  readonly guard?: ConsoleGuard | undefined
}

/** Knows whether whoever asks has shown the token. */
export interface ConsoleGuard {
  allows(request: WireRequest): boolean
  /** Answers the request itself when it is about logging in or out. */
  answer(request: WireRequest): GuardAnswer | undefined
}
export type GuardAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const mostBodyBytes = 16 * 1024
const mostListed = 200

/** The web console, below `/console` of the endpoint. What is signed, or asks for another path, is an AWS call's. */
export class ConsoleSite {
  readonly #options: ConsoleOptions
  #loaded: Assets | undefined
  readonly #streams: EventStreams

  constructor(options: ConsoleOptions) {
    this.#options = options
    this.#streams = new EventStreams(options.source)
  }

  /** Read when the first browser comes. */
  get #assets(): Assets {
    this.#loaded ??= new Assets()
    return this.#loaded
  }

  /**
   * A browser asks for `/` with `Accept: text/html`; S3's `ListBuckets` is signed. A proxy that asks for a password has it
   * sent along as `Authorization: Basic`, which is no signature.
   */
  takes({ method, url = '/', headers }: IncomingMessage): boolean {
    const isSigned = headers.authorization?.startsWith('AWS') === true
    if (isSigned || headers['x-amz-target'] !== undefined) return false
    if (/[?&]X-Amz-/.test(url)) return false
    if (url === '/') return method === 'GET' && (headers.accept ?? '').includes('text/html')
    return /^\/console(?:[/?]|$)/.test(url)
  }

  async serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const head = receiveHead(message)
    const body = await receiveBody(message, mostBodyBytes).catch(() => undefined)
    if (body === undefined) return
    if (body === 'tooLarge') return this.#plain(response, 413, 'That is too large.')
    const request = { ...head, body }
    const refusal = foreignNameRefusal(request.headers.host, this.#options.host)
    if (refusal !== undefined) return this.#plain(response, 403, refusal)
    const guard = isFromThisMachine(message) ? undefined : this.#options.guard
    const answered = guard?.answer(request)
    if (answered !== undefined) return write(response, answered)
    const asset = request.path.startsWith('/console/assets/')
    if (guard !== undefined && !asset && !guard.allows(request)) return this.#refuse(request, response)
    await (request.method === 'POST' ? this.#post(request, response) : this.#get(request, response))
  }

  close(): void {
    this.#streams.close()
  }

  #refuse({ path }: WireRequest, response: ServerResponse): void {
    const isPage = !/^\/console\/(api|events|export)\b/.test(path)
    if (!isPage) return this.#plain(response, 401, 'Log in at /console/login first.')
    write(response, { status: 302, headers: { location: `/console/login?to=${encodeURIComponent(path)}` }, body: '' })
  }

  async #get(request: WireRequest, response: ServerResponse): Promise<void> {
    const { method, path, query } = request
    if (method !== 'GET' && method !== 'HEAD') return this.#plain(response, 405, 'Ask with GET.')
    const elsewhere = path === '/' ? '/console' : /^(\/console\/deployments\/[\w-]+)\/$/.exec(path)?.[1]
    if (elsewhere !== undefined) return write(response, { status: 302, headers: { location: elsewhere }, body: '' })
    const asset = /^\/console\/assets\/([\w.-]+)$/.exec(path)?.[1]
    if (asset !== undefined) return this.#asset(asset, request, response)
    if (/^\/console\/(?:api|events)\b/.test(path) && isStartedElsewhere(request, this.#options.host))
      return this.#plain(response, 403, 'Refused: only a page of this console may ask for that.')
    if (path === '/console/events') return this.#events(query, response)
    const exported = /^\/console\/export\/([\w-]+)\.(json|html)$/.exec(path)
    if (exported !== null) return this.#export(exported[1] ?? '', exported[2] ?? '', response)
    if (path.startsWith('/console/api/')) return this.#read(path, query, response)
    if (/^\/console(\/|\/deployments(\/[\w-]*)?)?$/.test(path)) {
      return write(response, { status: 200, headers: htmlHeaders, body: pageShell(this.#assets.entry) })
    }
    this.#plain(response, 404, `There is nothing at ${path}.`)
  }

  #asset(name: string, { headers }: WireRequest, response: ServerResponse): void {
    const asset = this.#assets.get(name)
    if (asset === undefined) return this.#plain(response, 404, 'There is no such file.')
    const common = { etag: asset.tag, 'cache-control': 'no-cache', 'x-content-type-options': 'nosniff' }
    if (headers['if-none-match'] === asset.tag) return write(response, { status: 304, headers: common, body: '' })
    write(response, { status: 200, headers: { ...common, 'content-type': asset.contentType }, body: asset.body })
  }

  #events(query: URLSearchParams, response: ServerResponse): void {
    const id = query.get('deployment')
    const topic =
      id === null ? { kind: 'overview' as const, text: query.get('q') ?? '' } : { kind: 'deployment' as const, id }
    if (!this.#streams.join(topic, response)) this.#plain(response, 503, 'Too many windows watch already. Close some.')
  }

  async #read(path: string, query: URLSearchParams, response: ServerResponse): Promise<void> {
    const { source, isReadOnly } = this.#options
    const documents = /^\/console\/api\/deployments\/([\w-]+)\/documents$/.exec(path)?.[1]
    if (documents !== undefined) return json(response, await source.documents(documents))
    if (path === '/console/api/settings') return json(response, { isReadOnly, now: Date.now() })
    if (path === '/console/api/deployments') {
      return json(
        response,
        await source.deployments({
          text: query.get('q') ?? '',
          status: query.get('status') ?? undefined,
          offset: numberOf(query.get('offset'), 0, 1_000_000),
          limit: numberOf(query.get('limit'), 50, mostListed),
        }),
      )
    }
    this.#plain(response, 404, `There is nothing at ${path}.`)
  }

  async #export(id: string, format: string, response: ServerResponse): Promise<void> {
    const { source } = this.#options
    const [view, record] = await Promise.all([source.deployment(id), source.record(id)])
    if (view === undefined) return this.#plain(response, 404, `There is no deployment ${id}.`)
    const disposition = { 'content-disposition': `attachment; filename="${id}.${format}"` }
    if (format === 'json') {
      const headers = { ...jsonHeaders, ...disposition }
      return write(response, { status: 200, headers, body: JSON.stringify(record ?? view, null, 2) })
    }
    const file = deploymentFile(this.#assets, { view, documents: await source.documents(id) })
    write(response, {
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', ...noSniff, ...disposition },
      body: file,
    })
  }

  /** A page of another site cannot send this type without asking first, and is not answered when it asks. */
  async #post(request: WireRequest, response: ServerResponse): Promise<void> {
    const { path, headers } = request
    const isOurs =
      headers['content-type'] === 'application/json' &&
      headers.origin !== undefined &&
      !isFromAnotherSite(headers, this.#options.host) &&
      (headers['sec-fetch-site'] ?? 'same-origin') === 'same-origin'
    if (!isOurs) return this.#plain(response, 403, 'Refused: only a page of this console may ask for that.')
    if (path !== '/console/api/actions') return this.#plain(response, 404, `There is nothing at ${path}.`)
    if (this.#options.isReadOnly) return json(response, { message: 'This console is read-only.' }, 403)
    try {
      json(response, await this.#act(JSON.parse(request.body.toString('utf8'))))
    } catch (error) {
      json(response, { message: error instanceof Error ? error.message : String(error) }, 400)
    }
  }

  /** Only what is offered at this moment is done. */
  async #act(asked: unknown): Promise<object> {
    const { deploymentId, kind, subject } = (asked ?? {}) as Partial<
      Record<'deploymentId' | 'kind' | 'subject', unknown>
    >
    const { source, actions } = this.#options
    const view = typeof deploymentId === 'string' ? await source.deployment(deploymentId) : undefined
    if (view === undefined) throw new Error('There is no such deployment.')
    const action = view.actions.find(
      (each: ActionView) => each.kind === kind && each.subject === (subject ?? undefined),
    )
    if (action === undefined) throw new Error('That cannot be done any more: the deployment has gone on meanwhile.')
    const { target, region } = view.head
    return act(actions, { kind: action.kind, deploymentId: target, region, subject: action.subject })
  }

  #plain(response: ServerResponse, status: number, text: string): void {
    write(response, { status, headers: { 'content-type': 'text/plain; charset=utf-8', ...noSniff }, body: `${text}\n` })
  }
}

/** Its answer could not be read there; but a window that watches is one of few. */
function isStartedElsewhere({ headers }: WireRequest, servedName: string): boolean {
  return isFromAnotherSite(headers, servedName) || headers['sec-fetch-site'] === 'cross-site'
}

const jsonHeaders = { 'content-type': 'application/json; charset=utf-8', ...noSniff }

function numberOf(text: string | null, otherwise: number, most: number): number {
  return text !== null && /^\d{1,7}$/.test(text) ? Math.min(Number(text), most) : otherwise
}

function json(response: ServerResponse, value: object, status = 200): void {
  write(response, { status, headers: jsonHeaders, body: JSON.stringify(value) })
}

function write(response: ServerResponse, { status, headers, body }: GuardAnswer): void {
  const bytes = Buffer.from(body)
  response.writeHead(status, status === 304 ? headers : { ...headers, 'content-length': bytes.length })
  response.end(response.req.method === 'HEAD' ? undefined : bytes)
}
