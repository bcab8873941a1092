/**
 * A deployment as people see it: everything a screen shows, and nothing about how. It is plain data, so it goes through
 * JSON. Times are milliseconds since 1970; weights are percent. Both dialects, CodeDeploy's and that of ECS itself, come to
 * this one form.
 */
export type DeploymentView = {
  /** `d-…`, or the ARN of a service deployment. */
  readonly id: string
  readonly dialect: 'CodeDeploy' | 'ECS'
  /** A deployment that only brings another one's traffic back. */
  readonly isRollback: boolean
  /** AWS's own word: `InProgress`, `ROLLBACK_SUCCESSFUL`. */
  readonly status: string
  readonly phase: DeploymentPhase
  /** `CLUSTER/SERVICE` */
  readonly service: string
  /** Who deploys and how: `application web, group web, CodeDeployDefault.ECSAllAtOnce`. */
  readonly manner: string
  readonly description?: string | undefined
  readonly begunAt?: number | undefined
  readonly endedAt?: number | undefined
  readonly stages: readonly StageView[]
  /** The original, then the replacement. */
  readonly sides: readonly SideView[]
  readonly outlook: Outlook
  readonly dangers: readonly DangerView[]
  /** What was told about it, oldest first: hooks' lines, the service's events. */
  readonly tidings: readonly Tiding[]
  /** What can be typed now. */
  readonly commands: readonly Suggestion[]
  /** The deployment that brings this one's traffic back. */
  readonly rollbackId?: string | undefined
  /** Of one that ended without success. */
  readonly diagnosis?: Diagnosis | undefined
  /** How long a minute of a configured wait is here. */
  readonly minuteMilliseconds: number
}

/** `waiting`: somebody has to say something before it goes on. */
export type DeploymentPhase = 'running' | 'waiting' | 'succeeded' | 'failed' | 'stopped'

export type StageState = 'pending' | 'running' | 'done' | 'failed' | 'skipped'

export type StageView = {
  /** AWS's name of the lifecycle event, stage or wait. */
  readonly name: string
  readonly state: StageState
  readonly begunAt?: number | undefined
  readonly endedAt?: number | undefined
  /** What came of it, or what it waits for. */
  readonly note?: string | undefined
}

export type SideView = {
  readonly colour: 'blue' | 'green'
  readonly targetGroup: string
  /** `web:42` */
  readonly runs?: string | undefined
  /** Of its task set: `PRIMARY`, `ACTIVE`, `DRAINING`. */
  readonly taskSetStatus?: string | undefined
  readonly desired: number
  readonly running: number
  readonly pending: number
  /** Its share of production traffic in percent; unknown before there is one. */
  readonly weight?: number | undefined
  /** Of a rolling update: both sides are behind one group, where requests go to whichever task's turn it is. */
  readonly isShared?: boolean | undefined
  readonly health?: HealthView | undefined
  readonly traffic?: TrafficView | undefined
}

export type HealthView = {
  /** By state, the healthy ones first. */
  readonly counts: readonly { readonly state: string; readonly count: number }[]
  /** Why the first target that is not healthy is not. */
  readonly reason?: string | undefined
}

/** As CloudWatch tells it: of the last moments on Teal, of the last minutes on AWS. */
export type TrafficView = {
  readonly requestsPerSecond: number
  /** Answers with 5XX, targets' and the load balancer's own, and failed connections and handshakes, of all requests, from 0 to 1. */
  readonly errorShare: number
  readonly p50Milliseconds?: number | undefined
  readonly p99Milliseconds?: number | undefined
  /** In all, since the deployment began. */
  readonly requests: number
  readonly errors: number
}

export type Outlook = {
  /** What is happening: a sentence. */
  readonly now: string
  /** When that ends, if a clock ends it. */
  readonly until?: number | undefined
  /** What happens then: a sentence. */
  readonly next?: string | undefined
  /** It cannot be over before. */
  readonly endsAt?: number | undefined
}

/** `calm`: far away; `near`: half of the way or more; `reached`: it happens; `unknown`: there are no data. */
export type DangerLevel = 'calm' | 'near' | 'reached' | 'unknown'

/** Something that would end the deployment, and how far it is from that. */
export type DangerView = {
  readonly name: string
  readonly level: DangerLevel
  readonly text: string
  /** When it happens unless something else does first. */
  readonly at?: number | undefined
}

export type Tiding = { readonly at: number; readonly text: string }

export type Suggestion = { readonly command: string; readonly effect: string }

/** Why it ended without success, for whoever has to mend it. */
export type Diagnosis = {
  /** AWS's code and message. */
  readonly cause: string
  readonly stage?: string | undefined
  readonly evidence: readonly string[]
  readonly affected: readonly string[]
  readonly state: readonly string[]
  readonly next: readonly Suggestion[]
}

/** The command that brings all traffic back to blue: where there is none among those that can be typed, it would be refused. */
export function isWayBack({ command }: Suggestion): boolean {
  return command.startsWith('teal stop ')
}
