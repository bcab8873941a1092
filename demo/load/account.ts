/** The ways clients differ that matter to a load balancer in a deployment. */
export type ClientKind = 'keep-alive' | 'new connection' | 'slow response' | 'slow upload'

/** What became of every request that was sent. `sent` is always `answered + failed + inFlight`. */
export type LoadAccount = {
  /** Epoch milliseconds, like all times here. */
  readonly startedAt: number
  readonly takenAt: number
  readonly sent: number
  readonly answered: number
  readonly failed: number
  readonly inFlight: number
  /** Answered requests by the version that answered, in the order the versions were first seen. */
  readonly versions: readonly VersionAccount[]
  readonly kinds: readonly KindAccount[]
  /** The longest that any client waited for the next byte of an answer, with nothing left to send. */
  readonly longestPause: Pause
  /** The first failures, oldest first, 20 at most. */
  readonly failures: readonly Failure[]
}

export type VersionAccount = {
  readonly version: string
  readonly answered: number
  readonly firstAt: number
  readonly lastAt: number
}

export type KindAccount = {
  readonly kind: ClientKind
  readonly clients: number
  readonly sent: number
  readonly answered: number
  readonly failed: number
  readonly connections: number
  /** From the moment the request was due to the last byte of its answer; 0 when there was none. */
  readonly latencyMilliseconds: { readonly p50: number; readonly p99: number; readonly longest: number }
  readonly longestPause: Pause
}

export type Pause = { readonly milliseconds: number; readonly endedAt: number }

export type Failure = { readonly at: number; readonly kind: ClientKind; readonly message: string }

const failuresKept = 20

/** Counts for one kind of client. */
export class Tally {
  readonly kind: ClientKind
  readonly clients: number
  readonly failures: Failure[] = []
  readonly versions = new Map<string, VersionAccount>()
  readonly #latencies: number[] = []
  #sent = 0
  #answered = 0
  #failed = 0
  #connections = 0
  #longestPause: Pause = { milliseconds: 0, endedAt: 0 }

  constructor(kind: ClientKind, clients: number) {
    this.kind = kind
    this.clients = clients
  }

  get inFlight(): number {
    return this.#sent - this.#answered - this.#failed
  }

  countSent(): void {
    this.#sent++
  }

  countConnection(): void {
    this.#connections++
  }

  countAnswered(version: string, latencyMilliseconds: number, at: number): void {
    this.#answered++
    this.#latencies.push(latencyMilliseconds)
    const before = this.versions.get(version)
    this.versions.set(version, {
      version,
      answered: (before?.answered ?? 0) + 1,
      firstAt: before?.firstAt ?? at,
      lastAt: at,
    })
  }

  countFailed(message: string, at: number): void {
    this.#failed++
    if (this.failures.length < failuresKept) this.failures.push({ at, kind: this.kind, message })
  }

  countPause(milliseconds: number, endedAt: number): void {
    if (milliseconds > this.#longestPause.milliseconds) this.#longestPause = { milliseconds, endedAt }
  }

  account(): KindAccount {
    const sorted = this.#latencies.toSorted((a, b) => a - b)
    return {
      kind: this.kind,
      clients: this.clients,
      sent: this.#sent,
      answered: this.#answered,
      failed: this.#failed,
      connections: this.#connections,
      latencyMilliseconds: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), longest: quantile(sorted, 1) },
      longestPause: this.#longestPause,
    }
  }
}

export function accountOf(tallies: readonly Tally[], startedAt: number, takenAt: number): LoadAccount {
  const kinds = tallies.map((tally) => tally.account())
  const sum = (count: (kind: KindAccount) => number): number => kinds.reduce((total, kind) => total + count(kind), 0)
  return {
    startedAt,
    takenAt,
    sent: sum((kind) => kind.sent),
    answered: sum((kind) => kind.answered),
    failed: sum((kind) => kind.failed),
    inFlight: tallies.reduce((total, tally) => total + tally.inFlight, 0),
    versions: mergedVersions(tallies),
    kinds,
    longestPause: kinds.map((kind) => kind.longestPause).reduce(longer, { milliseconds: 0, endedAt: 0 }),
    failures: tallies
      .flatMap((tally) => tally.failures)
      .toSorted((a, b) => a.at - b.at)
      .slice(0, failuresKept),
  }
}

function mergedVersions(tallies: readonly Tally[]): readonly VersionAccount[] {
  const merged = new Map<string, VersionAccount>()
  for (const seen of tallies.flatMap((tally) => [...tally.versions.values()])) {
    const before = merged.get(seen.version)
    merged.set(seen.version, {
      version: seen.version,
      answered: seen.answered + (before?.answered ?? 0),
      firstAt: Math.min(seen.firstAt, before?.firstAt ?? Infinity),
      lastAt: Math.max(seen.lastAt, before?.lastAt ?? 0),
    })
  }
  return [...merged.values()].toSorted((a, b) => a.firstAt - b.firstAt)
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0
}

function longer(a: Pause, b: Pause): Pause {
  return b.milliseconds > a.milliseconds ? b : a
}
