import { NormalizedSchema } from '@smithy/core/schema'
import { nearestName } from '../domain/nearest-name.ts'
import { errorAt, warningAt, type Finding } from '../domain/preflight/finding.ts'
import {
  containersOf,
  isMapping,
  placeholdersIn,
  registrable,
  type TaskDefinitionFile,
} from '../domain/task-definition-file.ts'

type Field = readonly (string | number)[]

/** Why RegisterTaskDefinition would refuse a file, as far as Teal knows: ECS itself has the last word. */
export async function taskDefinitionFileFindings(file: TaskDefinitionFile): Promise<readonly Finding[]> {
  const findings = await misreadMemberFindings(file)
  return findings.length > 0 ? findings : await refusedByEcs(file)
}

/**
 * What is not sent as it is written: members that ECS does not know, which the SDK would leave out without a word, and
 * values of another type. `null` is absent, as in requests.
 */
export async function misreadMemberFindings(file: TaskDefinitionFile): Promise<readonly Finding[]> {
  const { RegisterTaskDefinitionRequest$: schema } = await import('@aws-sdk/client-ecs')
  const findings: Finding[] = []
  checkValue(NormalizedSchema.of(schema), registrable(file), [], (field, what, how) => {
    const words = { what, why: 'ECS does not register the task definition as it is meant.', how }
    findings.push(errorAt('task-definition-invalid', { subject: 'TaskDefinition', field }, words))
  })
  return findings
}

async function refusedByEcs(file: TaskDefinitionFile): Promise<readonly Finding[]> {
  // Whatever stands for a placeholder elsewhere than in an image decides whether ECS takes it.
  const images = containersOf(file).map(({ image }) => image)
  if (placeholdersIn(file).length > placeholdersIn(images).length) return []
  const { registrationRefusals } = await import('../aws/ecs/task-definition-check.ts')
  return registrationRefusals(registrable(file)).map(({ path, what, how, isTealsOwn }) => {
    const place = { subject: 'TaskDefinition', field: path } as const
    if (!isTealsOwn) {
      return errorAt('task-definition-invalid', place, { what, why: 'RegisterTaskDefinition refuses it.', how })
    }
    const why = 'AWS registers it; a Teal refuses to, so that nothing is deployed there.'
    return warningAt('task-definition-not-for-teal', place, { what, why, how })
  })
}

type Tell = (field: Field, what: string, how: string) => void

function checkValue(shape: NormalizedSchema, value: unknown, field: Field, tell: Tell): void {
  const wanted = wantedOf(shape)
  if (wanted !== undefined && wanted !== kindOf(value)) {
    tell(field, `${textOf(field)} is ${kindOf(value)}.`, `Write ${wanted}.`)
  } else if (shape.isStructSchema()) {
    checkMembers(shape, value as Readonly<Record<string, unknown>>, field, tell)
  } else if (shape.isListSchema()) {
    for (const [at, item] of (value as readonly unknown[]).entries()) {
      checkValue(shape.getValueSchema(), item, [...field, at], tell)
    }
  } else if (shape.isMapSchema()) {
    for (const [key, item] of Object.entries(value as Readonly<Record<string, unknown>>)) {
      checkValue(shape.getValueSchema(), item, [...field, key], tell)
    }
  }
}

function checkMembers(
  shape: NormalizedSchema,
  value: Readonly<Record<string, unknown>>,
  field: Field,
  tell: Tell,
): void {
  const known = new Map(shape.structIterator())
  for (const [name, item] of Object.entries(value)) {
    const member = known.get(name)
    if (item === null) continue
    if (member !== undefined) {
      checkValue(member, item, [...field, name], tell)
      continue
    }
    const nearest = nearestName(name, [...known.keys()])
    const place = field.length === 0 ? 'a task definition' : textOf(field)
    const how = nearest === undefined ? 'Take it out.' : `Write ${nearest}, if that is meant, or take it out.`
    tell([...field, name], `${name} is no member of ${place} that ECS knows.`, how)
  }
}

/** Undefined for what is not checked. */
function wantedOf(shape: NormalizedSchema): string | undefined {
  if (shape.isStructSchema() || shape.isMapSchema()) return 'a mapping'
  if (shape.isListSchema()) return 'a list'
  if (shape.isStringSchema()) return 'a text'
  if (shape.isNumericSchema()) return 'a number'
  return shape.isBooleanSchema() ? 'true or false' : undefined
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isMapping(value)) return 'a mapping'
  if (typeof value === 'boolean') return 'true or false'
  return typeof value === 'string' ? 'a text' : typeof value === 'number' ? 'a number' : 'null'
}

/** `containerDefinitions[0].portMappings` */
function textOf(field: Field): string {
  return field.map((part, at) => (typeof part === 'number' ? `[${part}]` : at === 0 ? part : `.${part}`)).join('')
}
