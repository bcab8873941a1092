import { NormalizedSchema } from '@smithy/core/schema'
import { errorAt, warningAt, type Finding } from '../domain/preflight/finding.ts'
import { containersOf, placeholdersIn, registrable, type TaskDefinitionFile } from '../domain/task-definition-file.ts'
import { checkShape } from './shape-check.ts'

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
  const meant = { whole: 'a task definition', service: 'ECS' }
  checkShape(NormalizedSchema.of(schema), registrable(file), meant, (field, what, how) => {
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
