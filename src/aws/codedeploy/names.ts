import { AwsError } from '../../domain/aws-error.ts'

/** The names of CodeDeploy's things: 1 to 100 letters, digits and `. _ + = , @ -`. */
export function checkedApplicationName(name: string | undefined): string {
  return checkedName(name, { noun: 'Application name', member: 'ApplicationName' })
}

export function checkedDeploymentGroupName(name: string | undefined): string {
  return checkedName(name, { noun: 'Deployment Group name', member: 'DeploymentGroupName' })
}

export function checkedDeploymentConfigName(name: string | undefined): string {
  return checkedName(name, { noun: 'Deployment Configuration name', member: 'DeploymentConfigName' })
}

/** `d-` and nine upper-case letters or digits. */
export function checkedDeploymentId(id: string | undefined): string {
  if (id === undefined || id === '') {
    throw new AwsError(
      'DeploymentIdRequiredException',
      'Deployment ID is missing. Pass deploymentId, e.g. d-A1B2C3D4E.',
    )
  }
  if (/^d-[A-Z0-9]{9}$/.test(id)) return id
  throw new AwsError(
    'InvalidDeploymentIdException',
    `Deployment ID ${quoted(id)} is not valid. A deployment ID is d- and nine upper-case letters or digits, e.g. d-A1B2C3D4E.`,
  )
}

/** @throws AwsError DescriptionTooLongException over 512 characters, where AWS's own GitHub action cuts descriptions. */
export function checkedDescription(description: string | undefined): string | undefined {
  if (description === undefined || description.length <= 512) return description
  throw new AwsError(
    'DescriptionTooLongException',
    `The description has ${description.length} characters; 512 are allowed. Shorten it.`,
  )
}

/** A caller's text within a message, cut where it would drown it. */
export function quoted(text: string): string {
  return `'${text.length > 120 ? `${text.slice(0, 120)}…` : text}'`
}

function checkedName(name: string | undefined, { noun, member }: { readonly noun: string; readonly member: string }) {
  if (name === undefined || name === '') throw new AwsError(`${member}RequiredException`, `${noun} is missing`)
  if (/^[A-Za-z0-9._+=,@-]{1,100}$/.test(name)) return name
  throw new AwsError(
    `Invalid${member}Exception`,
    `${noun} ${quoted(name)} is not valid. It may have 1 to 100 characters: letters, digits and . _ + = , @ -`,
  )
}
