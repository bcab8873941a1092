import type { ContenderName } from '../../bench/contenders/contender.ts'
import type { Sample } from '../../bench/router-summary.ts'

/** Of the first repetition of the first case. */
export function sample(contender: ContenderName, requestsPerSecond: number, more: Partial<Sample> = {}): Sample {
  return {
    contender,
    case: 'small-64',
    repetition: 0,
    requests: requestsPerSecond,
    requestsPerSecond,
    p50Milliseconds: 1,
    p99Milliseconds: 2,
    cpuSecondsPer10000: 0.15,
    errors: 0,
    ...more,
  }
}
