import type { TargetHealth } from '../../src/domain/target-health.ts'
import type { LoadBalancing, TargetAddress } from '../../src/engine/engine.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** Target groups in memory, which outlive the engine: a target is healthy until it is told to be otherwise. */
export class MemoryLoadBalancing implements LoadBalancing {
  readonly calls: string[]
  /** What health checks find of a target once it is registered. */
  newTargets: TargetHealth = { state: 'healthy' }
  drainMilliseconds = 0
  /** While it is set, every registration fails with it. */
  failure: Error | undefined
  lastAnswer: string | undefined
  /** Called when something has changed, as the router's reports do. */
  onReport: () => void = () => undefined
  readonly #healthListeners = new Set<(targetGroupArns: Iterable<string>) => void>()
  readonly #clock: VirtualClock
  readonly #targets = new Map<string, TargetHealth>()

  constructor(clock: VirtualClock, calls: string[]) {
    this.#clock = clock
    this.calls = calls
  }

  get targetCount(): number {
    return this.#targets.size
  }

  async publish() {
    return { refusedListeners: [] }
  }

  async registerTargets(targetGroupArn: string, targets: readonly TargetAddress[]): Promise<void> {
    if (this.failure !== undefined) throw this.failure
    for (const target of targets) {
      const key = keyOf(targetGroupArn, target)
      if (this.#targets.has(key)) continue
      this.calls.push(`register ${target.port}`)
      this.#targets.set(key, this.newTargets)
    }
  }

  async deregisterTargets(targetGroupArn: string, targets: readonly TargetAddress[]): Promise<void> {
    for (const target of targets) {
      const key = keyOf(targetGroupArn, target)
      if (!this.#targets.has(key) || this.#targets.get(key)?.state === 'draining') continue
      this.calls.push(`deregister ${target.port}`)
      this.#targets.set(key, { state: 'draining', reason: 'Target.DeregistrationInProgress' })
      this.#clock.at(this.#clock.now() + this.drainMilliseconds, () => {
        this.calls.push(`drained ${target.port}`)
        this.#targets.delete(key)
        this.#changed(targetGroupArn)
      })
    }
  }

  isDrained(targetGroupArn: string, target: TargetAddress): boolean {
    return !this.#targets.has(keyOf(targetGroupArn, target))
  }

  health(targetGroupArn: string, target: TargetAddress): TargetHealth {
    return this.#targets.get(keyOf(targetGroupArn, target)) ?? { state: 'unused', reason: 'Target.NotRegistered' }
  }

  lastCheck(): string | undefined {
    return this.lastAnswer
  }

  healthyTargetCount(targetGroupArn: string): number {
    return [...this.#targets].filter(([key, { state }]) => key.startsWith(targetGroupArn) && state === 'healthy').length
  }

  /** A health check comes to another result. */
  report(targetGroupArn: string, target: TargetAddress, health: TargetHealth): void {
    this.#targets.set(keyOf(targetGroupArn, target), health)
    this.#changed(targetGroupArn)
  }

  onHealthChange(listener: (targetGroupArns: Iterable<string>) => void): void {
    this.#healthListeners.add(listener)
  }

  #changed(targetGroupArn: string): void {
    for (const listener of this.#healthListeners) listener([targetGroupArn])
    this.onReport()
  }
}

function keyOf(targetGroupArn: string, { id, port }: TargetAddress): string {
  return `${targetGroupArn} ${id}:${port}`
}
