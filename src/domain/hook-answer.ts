/** What a function answered that ECS called as a lifecycle hook. */
export type HookAnswer =
  | { readonly hookStatus: 'SUCCEEDED' | 'FAILED' }
  | { readonly hookStatus: 'IN_PROGRESS'; readonly callBackDelaySeconds: number; readonly hookDetails?: unknown }
  /** `problem` stands after `unable to parse the response from ARN due to`. */
  | { readonly hookStatus: 'UNUSABLE'; readonly problem: string }

/** ECS calls again after so long where the function says nothing else. */
const defaultDelaySeconds = 30
const mostDelaySeconds = 86_400

/** Reads a function's result, JSON text: `{"hookStatus": …, "callBackDelay": seconds, "hookDetails": …}`. */
export function readHookAnswer(payload: string): HookAnswer {
  const answer = parsed(payload)
  if (answer === undefined) return unusable('HookStatus must not be null')
  const { hookStatus, callBackDelay, hookDetails } = answer
  if (hookStatus === undefined || hookStatus === null) return unusable('HookStatus must not be null')
  if (hookStatus === 'SUCCEEDED' || hookStatus === 'FAILED') return { hookStatus }
  if (hookStatus !== 'IN_PROGRESS') {
    return unusable(`HookStatus ${JSON.stringify(hookStatus)} is none of SUCCEEDED, FAILED, IN_PROGRESS`)
  }
  const delay = callBackDelay === undefined || callBackDelay === null ? defaultDelaySeconds : Number(callBackDelay)
  if (!(delay >= 0 && delay <= mostDelaySeconds)) {
    return unusable(
      `CallBackDelay ${JSON.stringify(callBackDelay)} is not a number of seconds from 0 to ${mostDelaySeconds}`,
    )
  }
  return { hookStatus, callBackDelaySeconds: delay, ...(hookDetails === undefined ? {} : { hookDetails }) }
}

/** What a function is called with again: what it was called with, changed by what it answered. */
export function mergedHookDetails(before: unknown, answered: unknown): unknown {
  if (answered === undefined) return before
  return isObject(before) && isObject(answered) ? { ...before, ...answered } : answered
}

function unusable(problem: string): HookAnswer {
  return { hookStatus: 'UNUSABLE', problem }
}

function parsed(payload: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(payload)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
