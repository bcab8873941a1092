import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'

// An `import` would load `fetch` with it, and take several times as long.
const { createServer } = process.getBuiltinModule('node:http')

/** What a runtime tells and asks through its Runtime API. */
export interface RuntimeApiListener {
  /** The runtime is ready for an invocation, which is answered when there is one. */
  onNext(answer: (invocation: ApiInvocation) => void): void
  /** False where this is not the invocation under way. */
  onResponse(requestId: string, result: ApiResult): boolean
  onInitError(payload: string): void
}

export type ApiInvocation = {
  readonly requestId: string
  readonly deadlineMilliseconds: number
  readonly invokedFunctionArn: string
  readonly payload: string
  readonly clientContext?: string
}

export type ApiResult =
  | { readonly kind: 'response'; readonly payload: string }
  | { readonly kind: 'error'; readonly payload: string; readonly errorType: string | undefined }
  | { readonly kind: 'too-large'; readonly sizeBytes: number }

/** Lambda's limit of what a function may return. */
export const largestPayloadBytes = 6_291_556

const prefix = '/2018-06-01/runtime/'

/**
 * The Lambda Runtime API as one process of a function sees it, on a loopback port of its own: what the process is told as
 * `AWS_LAMBDA_RUNTIME_API`. The paths and headers are those of Lambda's «Runtime API» guide, so any runtime works.
 */
export class RuntimeApi {
  readonly #server: Server

  static async open(listener: RuntimeApiListener): Promise<RuntimeApi> {
    const server = createServer({ keepAliveTimeout: 0, requestTimeout: 0 }, (request, response) => {
      answer(request, response, listener).catch(() => response.destroy())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new RuntimeApi(server)
  }

  constructor(server: Server) {
    this.#server = server
  }

  /** `127.0.0.1:9001` */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, listener: RuntimeApiListener): Promise<void> {
  const { method, url = '' } = request
  const path = url.startsWith(prefix) ? url.slice(prefix.length) : ''
  if (method === 'GET' && path === 'invocation/next') {
    listener.onNext((invocation) => sendInvocation(response, invocation))
    return
  }
  if (method !== 'POST' || path === '') return send(response, 404, problem('NotFound', `There is no ${method} ${url}`))
  const body = await read(request)
  if (path === 'init/error') {
    listener.onInitError(typeof body === 'string' ? body : '{}')
    return send(response, 202, accepted)
  }
  const [, requestId = '', kind] = /^invocation\/([^/]+)\/(response|error)$/.exec(path) ?? []
  if (kind === undefined) return send(response, 404, problem('NotFound', `There is no POST ${url}`))
  const isCurrent = listener.onResponse(requestId, resultOf(kind, body, request))
  if (!isCurrent) return send(response, 400, problem('InvalidRequestID', 'Invalid request ID'))
  if (typeof body === 'string') return send(response, 202, accepted)
  send(response, 413, problem('RequestEntityTooLarge', 'Exceeded maximum allowed payload size (6291556 bytes).'))
}

function resultOf(kind: string, body: string | number, { headers }: IncomingMessage): ApiResult {
  if (typeof body === 'number') return { kind: 'too-large', sizeBytes: body }
  if (kind === 'response') return { kind: 'response', payload: body }
  return { kind: 'error', payload: body, errorType: headers['lambda-runtime-function-error-type']?.toString() }
}

/** The body as text, or its length where it is too long. */
async function read(request: IncomingMessage): Promise<string | number> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= largestPayloadBytes) chunks.push(chunk)
    else chunks.length = 0
  }
  return bytes > largestPayloadBytes ? bytes : Buffer.concat(chunks).toString('utf8')
}

function sendInvocation(response: ServerResponse, invocation: ApiInvocation): void {
  const { requestId, deadlineMilliseconds, invokedFunctionArn, payload, clientContext } = invocation
  response.writeHead(200, {
    'content-type': 'application/json',
    'lambda-runtime-aws-request-id': requestId,
    'lambda-runtime-deadline-ms': String(deadlineMilliseconds),
    'lambda-runtime-invoked-function-arn': invokedFunctionArn,
    'lambda-runtime-trace-id': `Root=1-${requestId.slice(0, 8)}-${requestId.replaceAll('-', '').slice(8)};Sampled=0`,
    ...(clientContext !== undefined && { 'lambda-runtime-client-context': asciiJson(clientContext) }),
  })
  response.end(payload)
}

/** A header takes no other letters. */
function asciiJson(json: string): string {
  return json.replaceAll(/[^ -~]/g, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const accepted = JSON.stringify({ status: 'OK' })

function problem(errorType: string, errorMessage: string): string {
  return JSON.stringify({ errorMessage, errorType })
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(body)
}
