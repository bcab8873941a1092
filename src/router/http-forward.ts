import type { Attempt, Exchange, Forward, ForwardResult } from './forward.ts'
import { Passage } from './passage.ts'
import { TargetConnections } from './target-connections.ts'

/** Forwarding by `node:http`, with kept connections to each target. */
export class HttpForward implements Forward {
  readonly #connections = new Map<string, { readonly idleMilliseconds: number; readonly kept: TargetConnections }>()

  send(exchange: Exchange, attempt: Attempt): Promise<ForwardResult> {
    const agent = attempt.onFreshConnection ? false : this.#connectionsTo(attempt.targetKey, exchange.idleMilliseconds)
    return new Passage(exchange, attempt, agent).run()
  }

  retire(targetKey: string): void {
    this.#connections.get(targetKey)?.kept.retire()
    this.#connections.delete(targetKey)
  }

  close(): void {
    for (const targetKey of this.#connections.keys()) this.retire(targetKey)
  }

  #connectionsTo(targetKey: string, idleMilliseconds: number): TargetConnections {
    const known = this.#connections.get(targetKey)
    if (known?.idleMilliseconds === idleMilliseconds) return known.kept
    known?.kept.retire()
    const kept = new TargetConnections(idleMilliseconds)
    this.#connections.set(targetKey, { idleMilliseconds, kept })
    return kept
  }
}
