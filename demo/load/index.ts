import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { LoadAccount } from './account.ts'
import type { LoadMix, LoadPlan } from './clients.ts'
import type { FromClients, ToClients } from './messages.ts'

export type { LoadAccount } from './account.ts'
export type { LoadMix } from './clients.ts'

/** About 370 requests a second in all. */
const usualMix: LoadMix = {
  'keep-alive': { clients: 5, requestsPerSecond: 250 },
  'new connection': { clients: 4, requestsPerSecond: 100 },
  'slow response': { clients: 6, requestsPerSecond: 12 },
  'slow upload': { clients: 4, requestsPerSecond: 8 },
}

/**
 * Puts real HTTP load on a listener with `examples/hello` behind it, from a process of its own. Every request is accounted
 * for: it was answered in full with exactly what it must be, or it failed.
 *
 *     const load = startLoad({ url: 'http://127.0.0.1:8080', versions: ['1', '2'] })
 *     …
 *     const { sent, answered, failed, failures } = await load.stop()
 */
export function startLoad(
  options: Pick<LoadPlan, 'url' | 'versions'> & Partial<Pick<LoadPlan, 'mix' | 'timeoutMilliseconds'>>,
): Load {
  const plan: LoadPlan = { mix: usualMix, timeoutMilliseconds: 15_000, ...options }
  const program = new URL('client-process.ts', import.meta.url)
  return new Load(fork(program, [JSON.stringify(plan)], { execArgv: [] }))
}

export class Load {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, PromiseWithResolvers<LoadAccount>>()
  #lastId = 0

  constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (message: FromClients) => {
      this.#waiting.get(message.id)?.resolve(message.account)
      this.#waiting.delete(message.id)
    })
    child.on('exit', (code, signal) => {
      const error = new Error(`The clients ended by themselves (${signal ?? `exit code ${code}`})`)
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    })
  }

  /** As it is now, while the load goes on. */
  account(): Promise<LoadAccount> {
    return this.#ask('account')
  }

  /** Sends nothing new, waits for every request that is out, and ends the clients. `inFlight` is 0 in the account. */
  async stop(): Promise<LoadAccount> {
    const account = await this.#ask('stop')
    await this.kill()
    return account
  }

  /** Ends the clients at once, whatever they are doing. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await exited
  }

  #ask(ask: ToClients['ask']): Promise<LoadAccount> {
    if (!this.#child.connected) return Promise.reject(new Error('The clients have ended'))
    const answer = Promise.withResolvers<LoadAccount>()
    const id = ++this.#lastId
    this.#waiting.set(id, answer)
    const message: ToClients = { id, ask }
    this.#child.send(message)
    return answer.promise
  }
}
