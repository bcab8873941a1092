import type { DeploymentGroupInfo } from '@aws-sdk/client-codedeploy'
import { NormalizedSchema } from '@smithy/core/schema'
import { errorAt } from '../domain/preflight/finding.ts'
import type { Finding } from '../domain/preflight/finding.ts'
import { groupNameIn } from './deployment-group-access.ts'
import type { GroupName } from './deployment-group-access.ts'
import type { PositionedDocument } from './positioned-document.ts'
import { checkShape } from './shape-check.ts'

/** A deployment group as a project's file has it, and what is wrong with that: then it is of no use. */
export type PlannedGroup = {
  readonly name: GroupName
  readonly info?: DeploymentGroupInfo & GroupName
  readonly findings: readonly Finding[]
}

/** The group in the input of CreateDeploymentGroup, or in GetDeploymentGroup's answer, which tells its id; undefined where the file is that of another call. */
export async function readPlannedGroup(file: PositionedDocument | undefined): Promise<PlannedGroup | undefined> {
  const input = file?.json()
  if (file === undefined || input?.['loadBalancerInfo'] === undefined) return undefined
  const name = groupNameIn(file)
  const sdk = await import('@aws-sdk/client-codedeploy')
  const schema = 'deploymentGroupId' in input ? sdk.DeploymentGroupInfo$ : sdk.CreateDeploymentGroupInput$
  const findings: Finding[] = []
  const meant = { whole: 'a deployment group', service: 'CodeDeploy' }
  checkShape(NormalizedSchema.of(schema), input, meant, (field, what, how) => {
    const why = 'CreateDeploymentGroup refuses it, or makes another group than is meant.'
    findings.push(errorAt('deployment-group-invalid', { subject: 'DeploymentGroup', field }, { what, why, how }))
  })
  return { name, findings, ...(findings.length > 0 ? {} : { info: { ...input, ...name } }) }
}
