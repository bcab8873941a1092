import { FunctionCannotRunError } from '../../src/engine/functions.ts'
import type { FunctionCall, FunctionResult } from '../../src/engine/functions.ts'
import type { SeededChance } from './seeded-chance.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** What the function of a name does; one of any other name does not exist. */
export const functionNames = ['succeeds', 'fails', 'throws', 'says-nothing', 'missing', 'reports-early'] as const
/** One that fails with a very long message, after a very long line; no simulation chooses it. */
export const loudFunction = 'loud'
type FunctionName = (typeof functionNames)[number]

type Report = (verdict: {
  readonly deploymentId: string
  readonly executionId: string
  readonly status: 'Succeeded' | 'Failed'
}) => void

/** Lambda functions in memory; their verdicts reach whatever engine is alive then, as calls from outside would. */
export class SimulatedFunctions {
  readonly #clock: VirtualClock
  readonly #chance: SeededChance
  report: Report = () => undefined
  invocations = 0

  constructor(clock: VirtualClock, chance: SeededChance) {
    this.#clock = clock
    this.#chance = chance
  }

  async invoke({ functionName, payload }: FunctionCall): Promise<FunctionResult> {
    this.invocations += 1
    const asked = JSON.parse(payload) as Asked
    const report = (status: 'Succeeded' | 'Failed'): void =>
      this.report({ deploymentId: asked.DeploymentId, executionId: asked.LifecycleEventHookExecutionId, status })
    if (functionName === loudFunction) return loudResult
    if (!functionNames.includes(functionName as FunctionName) || functionName === 'missing') {
      throw new FunctionCannotRunError('missing', `Function not found: ${functionName}`)
    }
    if (asked.lifecycleStage !== undefined) return this.#hookAnswer(functionName, asked.hookDetails?.calls ?? 0)
    if (functionName === 'reports-early') report('Succeeded')
    await this.#clock.sleep(1 + this.#chance.below(500))
    if (functionName === 'succeeds') report('Succeeded')
    if (functionName === 'fails') report('Failed')
    return resultOf(functionName, 'null')
  }

  /** As ECS's own hooks: what it returns counts. `reports-early` says IN_PROGRESS twice. */
  async #hookAnswer(functionName: string, calls: number): Promise<FunctionResult> {
    await this.#clock.sleep(1 + this.#chance.below(500))
    if (functionName === 'says-nothing') return resultOf(functionName, 'null')
    if (functionName === 'fails') return resultOf(functionName, '{"hookStatus":"FAILED"}')
    if (functionName === 'reports-early' && calls < 2) {
      const answer = { hookStatus: 'IN_PROGRESS', callBackDelay: 1, hookDetails: { calls: calls + 1 } }
      return resultOf(functionName, JSON.stringify(answer))
    }
    return resultOf(functionName, '{"hookStatus":"SUCCEEDED"}')
  }
}

type Asked = {
  readonly DeploymentId: string
  readonly LifecycleEventHookExecutionId: string
  /** ECS's own hooks only. */
  readonly lifecycleStage?: string
  readonly hookDetails?: { readonly calls?: number }
}

function resultOf(functionName: string, payload: string): FunctionResult {
  const functionError = functionName === 'throws' ? { functionError: 'Unhandled' as const } : {}
  return {
    requestId: 'request',
    executedVersion: '$LATEST',
    payload: functionName === 'throws' ? '{"errorMessage":"no answer from green","errorType":"Error"}' : payload,
    ...functionError,
    logLines: ['START RequestId: request', `${functionName} looked at green`, 'END RequestId: request'],
    durationMilliseconds: 5,
  }
}

const loudResult: FunctionResult = {
  ...resultOf(loudFunction, JSON.stringify({ errorMessage: 'e'.repeat(1_000_000) })),
  functionError: 'Unhandled',
  logLines: ['l'.repeat(200_000)],
}
