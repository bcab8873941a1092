import { InvalidArgumentError } from 'commander'
import { lifecycleEventNames } from '../domain/deployment.ts'
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
const names: readonly string[] = [...lifecycleEventNames, 'READY_WAIT', 'TERMINATION_WAIT', ...stages]

export function parseWaitUntil(text: string): WaitUntil {
  if (text === 'done' || text === 'traffic') return { kind: text }
  const name = names.find((each) => each.toLowerCase() === text.toLowerCase())
  if (name !== undefined) return { kind: 'stage', name }
  throw new InvalidArgumentError(`It is done, traffic, or one of ${names.join(', ')}.`)
}
