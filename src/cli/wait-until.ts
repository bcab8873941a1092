import { InvalidArgumentError } from 'commander'
import { lifecycleEventNames } from '../domain/deployment.ts'
import type { DeploymentView } from '../view/deployment-view.ts'
import { CliError } from './exit-code.ts'
import type { WaitUntil } from './watching.ts'

/** The stages of ECS's own deployments. */
const stages = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
]
/** CodeDeploy's events, and its waits, which have none. */
const events: readonly string[] = [...lifecycleEventNames, 'READY_WAIT', 'TERMINATION_WAIT']

export function parseWaitUntil(text: string): WaitUntil {
  const wanted = text.toLowerCase()
  if (wanted === 'done' || wanted === 'traffic') return { kind: wanted }
  const name = [...events, ...stages].find((each) => each.toLowerCase() === wanted)
  if (name !== undefined) return { kind: 'stage', name }
  throw new InvalidArgumentError(
    `It is done, traffic, an event of CodeDeploy (${events.join(', ')}), or a stage of ECS's own deployments (${stages.join(', ')}).`,
  )
}

/** What a deployment of this dialect never comes to cannot be waited for. */
export function requireReachable(until: WaitUntil, dialect: DeploymentView['dialect']): void {
  const own = dialect === 'ECS' ? stages : events
  if (until.kind !== 'stage' || own.includes(until.name)) return
  const whose = dialect === 'ECS' ? "ECS's own deployments have" : 'a deployment of CodeDeploy has'
  throw new CliError(`--wait-until ${until.name}: ${whose} no such stage; it is one of ${own.join(', ')}.`)
}
