/**
 * What the console shows, as the browser gets it. Times are epoch milliseconds. Sides are told by what they are in the
 * deployment: blue is what served before it, green is what it brings.
 */
export type SideName = 'blue' | 'green'

/** How something stands, for its colour. */
export type Tone = 'good' | 'bad' | 'busy' | 'waiting' | 'quiet'

export type Overview = {
  /** What this console looks at: `Teal 0.1.0 at http://127.0.0.1:4566`. */
  readonly place: string
  /** What the source cannot tell, a sentence each. */
  readonly limits: readonly string[]
  readonly services: readonly ServiceView[]
  /** Of all that match; more than are listed where there are many. */
  readonly serviceCount: number
  readonly isReadOnly: boolean
  /** What one configured minute lasts. */
  readonly minuteMilliseconds: number
}

export type ServiceView = {
  readonly arn: string
  readonly name: string
  readonly cluster: string
  readonly region: string
  /** `CodeDeploy`, `ECS blue/green`, `ECS rolling` … */
  readonly controller: string
  readonly desiredCount: number
  readonly runningCount: number
  readonly sides: readonly ServiceSide[]
  /** Where production traffic comes in: `http://127.0.0.1:8080`. */
  readonly listeners: readonly string[]
  readonly lastDeployment: DeploymentRow | undefined
}

export type ServiceSide = {
  readonly side: SideName
  readonly targetGroup: string
  /** `web:12`, where something runs in it. */
  readonly taskDefinition: string | undefined
  /** Percent of production traffic. */
  readonly weight: number
  readonly healthy: number
  readonly targets: number
  /** Undefined until two reports of the load balancer could be compared. */
  readonly requestsPerSecond: number | undefined
  readonly failuresPerSecond: number | undefined
}

export type DeploymentRow = {
  readonly id: string
  readonly by: 'CodeDeploy' | 'ECS'
  /** `application / group`, or `cluster / service`. */
  readonly of: string
  readonly status: string
  readonly tone: Tone
  readonly createdAt: number
  readonly endedAt: number | undefined
  readonly isRollback: boolean
  readonly description: string | undefined
}

export type DeploymentPage = {
  readonly rows: readonly DeploymentRow[]
  /** Of all that match. */
  readonly total: number
  /** By status, of all that match the text. */
  readonly statuses: readonly (readonly [status: string, count: number])[]
}

/** The sections of a deployment's page: each is sent again only when it has changed. */
export type DeploymentView = {
  readonly head: DeploymentHead
  readonly now: NowView
  readonly stages: readonly StageView[]
  readonly steps: readonly StepView[]
  readonly taskSets: readonly TaskSetView[]
  readonly targets: readonly TargetView[]
  readonly hooks: readonly HookView[]
  readonly alarms: readonly AlarmView[]
  readonly account: AccountView
  readonly traffic: readonly TrafficPoint[]
  readonly happenings: readonly Happening[]
  readonly actions: readonly ActionView[]
}

export type DeploymentHead = {
  readonly id: string
  /** What the API calls it: the id, or an ARN. */
  readonly target: string
  readonly region: string
  readonly by: 'CodeDeploy' | 'ECS'
  readonly title: string
  readonly facts: readonly (readonly [name: string, value: string, link?: string])[]
  readonly status: string
  readonly tone: Tone
  readonly description: string | undefined
  readonly createdAt: number
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  readonly failure: { readonly code: string; readonly message: string } | undefined
  readonly sides: Readonly<Record<SideName, SideHead>>
  readonly minuteMilliseconds: number
  /** What the source cannot tell, a sentence each. */
  readonly limits: readonly string[]
  /** Every request is known, not only what metrics say of them: then there are a wall of them and an account. */
  readonly isExact: boolean
}

export type SideHead = { readonly targetGroup: string; readonly taskDefinition: string | undefined }

export type NowView = {
  /** What is being done, or how it ended. */
  readonly sentence: string
  /** What comes after it. */
  readonly next: string | undefined
  /** When what is waited for is over at the latest, and since when. */
  readonly until: number | undefined
  readonly since: number | undefined
  /** When the deployment can be over at the earliest, as far as its own waits decide. */
  readonly earliestEnd: number | undefined
  readonly greenPercentage: number | undefined
  /** What would end it right now. */
  readonly wouldStop: readonly string[]
}

export type StageView = {
  readonly name: string
  readonly status: 'pending' | 'running' | 'done' | 'failed' | 'skipped'
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  readonly message: string | undefined
  /** A function is hooked on it. */
  readonly hook: string | undefined
}

export type StepView = {
  readonly position: number
  readonly at: number
  readonly endedAt: number | undefined
  readonly sentence: string
  /** It only says how far the deployment is. */
  readonly isMinor: boolean
}

export type TaskSetView = {
  readonly side: SideName
  readonly id: string
  readonly status: string
  readonly targetGroup: string
  readonly taskDefinition: string | undefined
  readonly desired: number
  readonly running: number
  readonly pending: number
  readonly weight: number
}

export type TargetView = {
  readonly side: SideName
  readonly targetGroup: string
  readonly target: string
  readonly state: string
  readonly detail: string
  readonly since: number | undefined
  readonly inFlight: number | undefined
}

export type HookView = {
  readonly event: string
  readonly functionName: string
  readonly status: string
  readonly tone: Tone
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
  readonly detail: string
  readonly logLines: readonly string[]
}

export type AlarmView = {
  readonly name: string
  readonly state: string
  readonly reason: string
  readonly metric: string | undefined
  readonly comparison: string | undefined
  readonly threshold: number | undefined
  readonly value: number | undefined
  /** How far it is: 0 nothing measured, 1 at the threshold. */
  readonly share: number | undefined
}

export type AccountView = {
  readonly isCounted: boolean
  readonly answered: number
  readonly failed: number
  readonly givenUp: number
  readonly rows: readonly AccountRow[]
  readonly verdict: string
}

export type AccountRow = {
  readonly listener: 'production' | 'test'
  readonly side: SideName | 'none'
  readonly where: string
  readonly answered: number
  readonly failed: number
  readonly givenUp: number
  /** `5xx: 3, target-closed: 1` */
  readonly failures: string
}

/** A span of time: what the weights were, and what was counted. */
export type TrafficPoint = {
  readonly from: number
  readonly to: number
  /** Green's percentage of production traffic, as it was set. */
  readonly weight: number
  readonly blue: PointSide
  readonly green: PointSide
  /** Requests of the test listener. */
  readonly test: number
}

/** Production requests. Latencies in milliseconds. */
export type PointSide = {
  readonly answered: number
  readonly failed: number
  readonly p50: number | undefined
  readonly p99: number | undefined
}

export type Happening = { readonly at: number; readonly text: string; readonly tone: Tone }

/** What the load balancer has counted since the last pulse. */
export type Pulse = {
  readonly at: number
  readonly milliseconds: number
  readonly blue: PointSide
  readonly green: PointSide
  /** Side, how it ended, whether by the test listener, how many. */
  readonly wall: readonly WallCount[]
}
export type WallCount = readonly [
  side: SideName | 'none',
  verdict: 'answered' | 'failed' | 'given up',
  isTest: boolean,
  count: number,
]

export type ActionKind =
  | 'continue'
  | 'stop'
  | 'stopAndRollBack'
  | 'endTerminationWait'
  | 'rollBackTo'
  | 'runHook'
  | 'pauseContinue'
  | 'pauseRollBack'

export type ActionView = {
  readonly kind: ActionKind
  readonly label: string
  /** What will happen, a sentence each. */
  readonly consequences: readonly string[]
  readonly isDangerous: boolean
  /** The function of `runHook`, the hook of `pauseContinue`. */
  readonly subject: string | undefined
}

export type ActionOutcome = {
  readonly message: string
  /** Where to look on: a deployment's id. */
  readonly deploymentId?: string
}

/** What was deployed, beside what was there before. */
export type DocumentView = {
  readonly title: string
  readonly before: string | undefined
  readonly lines: readonly DiffLine[]
}
export type DiffLine = { readonly kind: 'same' | 'added' | 'removed'; readonly text: string }
