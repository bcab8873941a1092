import type * as sdk from '@aws-sdk/client-cloudwatch'
import { AwsError } from '../../domain/aws-error.ts'
import { pathText } from '../wire/path.ts'
import { refuseByList, type Problem, type Refuse } from '../wire/refusal.ts'

/** The SDK's names of CloudWatch's exceptions. */
type ErrorCode = Extract<
  keyof typeof sdk,
  `${string}Exception` | `${string}Fault` | 'ResourceNotFound' | 'InvalidNextToken'
>

export function refusal(code: ErrorCode, message: string): AwsError {
  return new AwsError(code, message)
}

/** What the operations on alarms, and GetMetricData, say of an input that is wrong; `ValidationError` to query clients. */
export function invalid(message: string): AwsError {
  return refusal('ValidationException', message)
}

/** What the older operations on metrics say. */
export function invalidValue(message: string): AwsError {
  return refusal('InvalidParameterValueException', message)
}

/** AWS can do this, Teal cannot: named, and what to do instead. */
export function unsupported(parameter: string, advice: string): AwsError {
  return invalid(`The parameter ${parameter} is not supported by Teal; ${advice}`)
}

/** Two generations of words: operations on metrics name the parameter, operations on alarms tell a constraint. */
const namingOperations = new Set(['PutMetricData', 'GetMetricData', 'GetMetricStatistics', 'ListMetrics'])

export const refuse: Refuse = (problems, call) => {
  if (!namingOperations.has(call.operation)) return refuseByList('ValidationException')(problems, call)
  const [problem] = problems
  const message = problemText(problem)
  if (call.operation === 'GetMetricData') return invalid(message)
  return problem.kind === 'missing' ? refusal('MissingRequiredParameterException', message) : invalidValue(message)
}

function problemText(problem: Problem): string {
  const place = memberPath(problem)
  switch (problem.kind) {
    case 'missing':
      return `The parameter ${place} is required.`
    case 'notInEnum':
      return `The parameter ${place} must be a value in the set [ ${problem.allowed.join(', ')} ].`
    case 'notInteger':
      return `The parameter ${place} must be an integer; it is ${problem.value}.`
    case 'unknownMember':
      return `The parameter ${pathText(problem.path)} is not one of this operation in the version of the API that Teal knows; leave it out.`
  }
}

/** `MetricData.member.1.Value`: the query protocol's name, whichever protocol was spoken. */
function memberPath({ path }: Problem): string {
  return path.map((part) => (typeof part === 'number' ? `member.${part + 1}` : part)).join('.')
}
