import { request } from 'node:http'
import type { Agent, ClientRequest, IncomingMessage } from 'node:http'

/** One request, and everything the client insists on before it counts it as answered. */
export type Exchange = {
  readonly url: URL
  readonly method: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string | number>>
  /** `false`: a connection of its own, closed afterwards. */
  readonly agent: Agent | false
  readonly timeoutMilliseconds: number
  /** Sends the body; a request without one has none. */
  readonly send?: (call: ClientRequest) => Promise<void>
  readonly onConnection: () => void
  /** Called whenever the client had to wait for the server. */
  readonly onWaited: (milliseconds: number) => void
}

export type CompleteAnswer = {
  readonly status: number
  readonly version: string | undefined
  readonly body: string
}

/** Resolves once the answer is complete; rejects with an Error saying what was lost, and when in the exchange. */
export function performExchange(exchange: Exchange): Promise<CompleteAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<CompleteAnswer>()
  const waiting = new Waiting(exchange)
  const call = request(exchange.url, {
    method: exchange.method,
    agent: exchange.agent,
    headers: { ...exchange.headers },
  })
  let phase = 'before the answer began'
  const fail = (error: NodeJS.ErrnoException): void => {
    const where = call.reusedSocket ? 'on a kept connection' : 'on a new connection'
    reject(new Error(`${error.code ?? error.message} ${phase}, ${where}`))
    call.destroy()
  }
  const timer = setTimeout(() => {
    fail(new Error(`not complete after ${exchange.timeoutMilliseconds} ms`))
  }, exchange.timeoutMilliseconds)

  call.on('error', fail)
  call.on('socket', () => {
    if (!call.reusedSocket) exchange.onConnection()
  })
  call.on('response', (response) => {
    phase = 'within the answer'
    collect(response, waiting).then(resolve, fail)
  })
  sendBody(call, exchange, waiting).catch(fail)
  return promise.finally(() => clearTimeout(timer))
}

async function sendBody(call: ClientRequest, { send }: Exchange, waiting: Waiting): Promise<void> {
  if (send !== undefined) {
    await send(call)
    waiting.begin()
  }
  call.end()
}

async function collect(response: IncomingMessage, waiting: Waiting): Promise<CompleteAnswer> {
  waiting.over()
  const chunks: Buffer[] = []
  for await (const chunk of response as AsyncIterable<Buffer>) {
    waiting.over()
    chunks.push(chunk)
  }
  if (!response.complete) throw new Error('the answer is shorter than announced')
  const version = response.headers['x-hello-version']
  return {
    status: response.statusCode ?? 0,
    version: typeof version === 'string' ? version : undefined,
    body: Buffer.concat(chunks).toString('utf8'),
  }
}

/** Measures each time the client has nothing to do but to wait for the server's next bytes. */
class Waiting {
  readonly #onWaited: (milliseconds: number) => void
  #since = performance.now()

  constructor({ onWaited }: Exchange) {
    this.#onWaited = onWaited
  }

  begin(): void {
    this.#since = performance.now()
  }

  over(): void {
    const now = performance.now()
    this.#onWaited(now - this.#since)
    this.#since = now
  }
}
