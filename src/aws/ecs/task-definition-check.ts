import type * as sdk from '@aws-sdk/client-ecs'
import { AwsError } from '../../domain/aws-error.ts'
import type { Checked } from '../handlers.ts'
import { sdkModule } from '../sdk.ts'
import { inputProblems } from '../wire/input-check.ts'
import { readOperationTable, type Shape } from '../wire/operation-table.ts'
import { pathText, type Path } from '../wire/path.ts'
import type { Problem } from '../wire/refusal.ts'
import { registration } from './task-definition-registrations.ts'

/** Why RegisterTaskDefinition refuses an input, where that is in it, and what to do. */
export type RegistrationRefusal = {
  readonly path: Path
  readonly what: string
  readonly how: string
  /** AWS takes it. */
  readonly isTealsOwn: boolean
}

/**
 * What RegisterTaskDefinition would say against an input whose members are all known and of the right type, without
 * registering anything. Of what contradicts itself the first thing only, as ECS does.
 */
export function registrationRefusals(input: object): readonly RegistrationRefusal[] {
  const table = readOperationTable(sdkModule('@aws-sdk/client-ecs'))
  const shape = table.operations.get('RegisterTaskDefinition')?.input as Shape
  const asked = withoutNull(input) as Checked<sdk.RegisterTaskDefinitionRequest>
  const problems = inputProblems(shape, asked, table)
  if (problems.length > 0) return problems.map(refusalOf)
  try {
    registration(asked)
    return []
  } catch (error) {
    if (error instanceof AwsError) return [refusalSaid(error.message, asked)]
    throw error
  }
}

function refusalOf(problem: Problem): RegistrationRefusal {
  const { path } = problem
  const tell = (what: string, how: string): RegistrationRefusal => ({ path, what, how, isTealsOwn: false })
  switch (problem.kind) {
    case 'missing':
      return tell(`${pathText(path)} is missing.`, 'Write it: ECS demands it.')
    case 'notInEnum':
      return tell(`${pathText(path)} is ${problem.value}.`, `Write one of ${problem.allowed.join(', ')}.`)
    case 'notInteger':
      return tell(`${pathText(path)} is ${problem.value}.`, 'Write an integer.')
    case 'unknownMember':
      return tell(`${pathText(path)} is nothing that ECS knows.`, 'Take it out.')
  }
}

/** What only Teal refuses says so, and what to do instead. */
function refusalSaid(message: string, { containerDefinitions }: Checked<sdk.RegisterTaskDefinitionRequest>) {
  const [, teals, advice] = /^(.* not supported by Teal yet\.) (.*)$/s.exec(message) ?? []
  const [, container] = /[Cc]ontainer '([^']*)'/.exec(message) ?? []
  const at = containerDefinitions.findIndex(({ name }) => name === container)
  return {
    path: at < 0 ? [] : ['containerDefinitions', at],
    what: teals ?? `ECS refuses the task definition: ${message}`,
    how: advice ?? 'Change that; the file is registered as it is.',
    isTealsOwn: teals !== undefined,
  }
}

/** `null` is absent, as in requests. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== null)
      .map(([name, member]) => [name, withoutNull(member)]),
  )
}
