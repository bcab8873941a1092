import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import { AwsError } from '../../domain/aws-error.ts'
import type { Tags } from '../../domain/load-balancer.ts'
import type { LogGroup, LogStream } from '../../domain/log-group.ts'
import type { Call } from '../handlers.ts'
import { pageSizeProblem } from '../name-pages.ts'
import type { LogsEngine } from './service.ts'

type ErrorCode = Extract<keyof typeof sdk, `${string}Exception`>
const refusal = (code: ErrorCode, message: string): AwsError => new AwsError(code, message)
export const invalid = (message: string): AwsError => refusal('InvalidParameterException', message)

/** At most 50 groups or streams are answered at once. @throws InvalidParameterException */
export function pageSize(limit = 50): number {
  const problem = pageSizeProblem(limit, 'limit', 50)
  if (problem !== undefined) throw invalid(problem)
  return limit
}

/** @throws InvalidParameterException */
export function withTags(former: Tags, added: Tags): Tags {
  const tags = { ...former, ...added }
  if (Object.keys(added).some((key) => key.length < 1 || key.length > 128 || /^aws:/i.test(key))) {
    throw invalid('Tag keys must have 1 to 128 characters and must not begin with aws:.')
  }
  if (Object.keys(tags).length > 50) throw invalid('A log group can have at most 50 tags.')
  return tags
}

/** @throws ResourceNotFoundException */
export function findGroup({ logs }: LogsEngine, { region }: Call, name: string): LogGroup {
  const found = logs.group(region, name)
  if (found !== undefined) return found
  throw refusal('ResourceNotFoundException', 'The specified log group does not exist.')
}

/** By name or ARN; exactly one of the two members names it. @throws ResourceNotFoundException, InvalidParameterException */
export function findGroupOf(
  engine: LogsEngine,
  call: Call,
  {
    logGroupName,
    logGroupIdentifier,
  }: { readonly logGroupName?: string | undefined; readonly logGroupIdentifier?: string | undefined },
): LogGroup {
  if (logGroupName !== undefined && logGroupIdentifier !== undefined) {
    throw invalid('LogGroup name and LogGroup identifier cannot both be specified')
  }
  const text = logGroupName ?? logGroupIdentifier
  if (text === undefined) throw invalid('Either logGroupName or logGroupIdentifier must be specified')
  return findGroup(engine, call, nameIn(text))
}

/** The name in `arn:aws:logs:REGION:ACCOUNT:log-group:NAME[:*]`, or the text itself. */
export function nameIn(text: string): string {
  if (!text.startsWith('arn:')) return text
  return text.split(':').slice(6).join(':').replace(/:\*$/, '')
}

/** @throws ResourceNotFoundException */
export function findStream({ logs }: LogsEngine, { region, name: group }: LogGroup, name: string): LogStream {
  const found = logs.stream(region, group, name)
  if (found !== undefined) return found
  throw refusal('ResourceNotFoundException', 'The specified log stream does not exist.')
}
