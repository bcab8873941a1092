import { AwsError } from '../../domain/aws-error.ts'
import { modelPathText, pathText, type Path } from './path.ts'

/** What the check of an input against the model found, once every value is known to have the right type. */
export type Problem =
  | { readonly kind: 'missing'; readonly path: Path; readonly member: string }
  | {
      readonly kind: 'notInEnum'
      readonly path: Path
      readonly member: string
      readonly value: string
      readonly allowed: readonly string[]
    }
  | { readonly kind: 'notInteger'; readonly path: Path; readonly member: string; readonly value: number }
  /** A member which this version of the API's model does not have. AWS ignores it; ignoring is not an answer here. */
  | { readonly kind: 'unknownMember'; readonly path: Path; readonly member: string }

type RefusedCall = {
  readonly operation: string
  /** Whether the service has an exception of this name. */
  isException(name: string): boolean
}

/** How a service words what is wrong with an input. There is always at least one problem, in the model's order. */
export type Refuse = (problems: readonly [Problem, ...Problem[]], call: RefusedCall) => AwsError

/**
 * All problems in one message, as AWS's common front end has it: `1 validation error detected: Value null at 'name' failed
 * to satisfy constraint: Member must not be null`. `code` is the service's own: ELBv2's is `ValidationError`.
 */
export function refuseByList(code: string): Refuse {
  return (problems) => {
    const errors = problems.length === 1 ? '1 validation error' : `${problems.length} validation errors`
    return new AwsError(code, `${errors} detected: ${problems.map(constraintText).join('; ')}`)
  }
}

function constraintText(problem: Problem): string {
  const place = `at '${modelPathText(problem.path)}'`
  switch (problem.kind) {
    case 'missing':
      return `Value null ${place} failed to satisfy constraint: Member must not be null`
    case 'notInEnum': {
      const constraint = `Member must satisfy enum value set: [${problem.allowed.join(', ')}]`
      return `Value '${problem.value}' ${place} failed to satisfy constraint: ${constraint}`
    }
    case 'notInteger':
      return `Value '${problem.value}' ${place} failed to satisfy constraint: Member must be an integer`
    case 'unknownMember':
      return unknownMemberText(problem)
  }
}

/**
 * An exception per member, for the first problem only, as CodeDeploy has it: `ApplicationNameRequiredException`,
 * `InvalidComputePlatformException`. `exceptions` names those of missing members which do not follow the rule; `messages`
 * the texts of exceptions which are known word for word.
 */
export function refuseByMember(settings: {
  readonly exceptions?: Readonly<Record<string, string>>
  readonly messages?: Readonly<Record<string, string>>
}): Refuse {
  return ([problem], call) => {
    const code = exceptionFor(problem, call, settings.exceptions ?? {})
    return new AwsError(code, settings.messages?.[code] ?? memberText(problem))
  }
}

function exceptionFor(problem: Problem, call: RefusedCall, exceptions: Readonly<Record<string, string>>): string {
  const named = exceptions[problem.member]
  if (problem.kind === 'missing' && named !== undefined) return named
  const parts = [problem.member, ...problem.path.filter((part) => typeof part === 'string').toReversed()].map(
    upperFirst,
  )
  const candidates = parts.flatMap((part) => {
    if (problem.kind === 'missing') return [`${part}RequiredException`, `Invalid${part}Exception`]
    return problem.kind === 'unknownMember' ? [] : [`Invalid${part}Exception`]
  })
  return candidates.find((name) => call.isException(name)) ?? 'ValidationException'
}

function memberText(problem: Problem): string {
  switch (problem.kind) {
    case 'missing':
      return `${upperFirst(pathText(problem.path))} is missing`
    case 'notInEnum':
      return `The value '${problem.value}' of ${pathText(problem.path)} is not one of ${problem.allowed.join(', ')}`
    case 'notInteger':
      return `${upperFirst(pathText(problem.path))} is ${problem.value}. Pass an integer`
    case 'unknownMember':
      return unknownMemberText(problem)
  }
}

const unknownMemberText = ({ path }: Problem): string =>
  `${pathText(path)} is not a parameter of this operation in the version of the API that Teal knows; leave it out`

const upperFirst = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
