/** Something which a deployment would meet on its way, found before it begins. */
export type Finding = {
  readonly code: FindingCode
  readonly severity: Severity
  /** What is the matter, in one sentence with the values that show it. */
  readonly what: string
  readonly where: FindingPlace
  /** What would come of it. */
  readonly why: string
  /** What to do. */
  readonly how: string
}

/**
 * `error`: the deployment would be refused, or would fail. `warning`: it would do something else than is meant. `note`: good
 * to know; also what could not be looked at.
 */
export type Severity = 'error' | 'warning' | 'note'

/** The thing, its ARN or name where it has one, and the member that should be different. */
export type FindingPlace = {
  readonly subject: Subject
  readonly id?: string
  readonly field?: readonly (string | number)[]
}

export type Subject =
  | 'AppSpec'
  | 'TaskDefinition'
  | 'DeploymentGroup'
  | 'DeploymentConfig'
  | 'Service'
  | 'Cluster'
  | 'TargetGroup'
  | 'LoadBalancer'
  | 'Listener'
  | 'Function'
  | 'Alarm'

export type FindingCode =
  | 'alarm-firing'
  | 'alarm-missing'
  | 'alarm-without-data'
  | 'alarm-without-rollback'
  | 'app-spec-invalid'
  | 'blue-unhealthy'
  | 'capacity-provider-missing'
  | 'capacity-provider-strategy'
  | 'capacity-providers-dropped'
  | 'container-missing'
  | 'container-not-essential'
  | 'container-port-missing'
  | 'deployment-config-missing'
  | 'deployment-group-invalid'
  | 'deployment-running'
  | 'duration'
  | 'execution-role-missing'
  | 'family-differs'
  | 'fargate-settings'
  | 'green-not-empty'
  | 'group-missing'
  | 'health-check-answer'
  | 'health-check-differs'
  | 'hook-missing'
  | 'hook-not-ready'
  | 'hook-permission'
  | 'hook-region'
  | 'hook-without-test-listener'
  | 'image-placeholder'
  | 'listener-elsewhere'
  | 'listener-missing'
  | 'listener-mixed'
  | 'listener-not-forwarding'
  | 'listener-not-on-primary'
  | 'listener-shared'
  | 'load-balancer-type'
  | 'network-configuration-missing'
  | 'not-looked-at'
  | 'primary-missing'
  | 'read-only-members'
  | 'rollback-off'
  | 'service-controller'
  | 'service-empty'
  | 'service-missing'
  | 'service-not-active'
  | 'service-not-running'
  | 'target-group-foreign'
  | 'target-group-missing'
  | 'target-group-protocol'
  | 'target-group-unattached'
  | 'target-type'
  | 'task-definition-inactive'
  | 'task-definition-invalid'
  | 'task-definition-missing'
  | 'task-definition-not-for-teal'

export function errorAt(code: FindingCode, where: FindingPlace, words: Words): Finding {
  return { code, severity: 'error', where, ...words }
}

export function warningAt(code: FindingCode, where: FindingPlace, words: Words): Finding {
  return { code, severity: 'warning', where, ...words }
}

export function noteAt(code: FindingCode, where: FindingPlace, words: Words): Finding {
  return { code, severity: 'note', where, ...words }
}

type Words = Pick<Finding, 'what' | 'why' | 'how'>

/** `web`, `web and app`, `web, app and log`; for none what is said instead. */
export function listed(names: readonly string[], none = 'none'): string {
  if (names.length <= 1) return names[0] ?? none
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}
