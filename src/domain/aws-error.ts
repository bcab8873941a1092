/**
 * An error as an AWS client sees it: a code its SDK knows (`DeploymentDoesNotExistException`), and a message a person can
 * act on. The wire layer gives it the right shape and HTTP status for the protocol of the call.
 */
export class AwsError extends Error {
  readonly code: string
  /** Further members of the modelled exception, e.g. `resourceIds` of ECS's ConflictException. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, members: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.name = 'AwsError'
    this.code = code
    this.members = members
  }
}
