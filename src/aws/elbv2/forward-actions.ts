import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { ListenerAction } from '../../domain/load-balancer.ts'
import type { WeightedTargetGroup } from '../../domain/routing-table.ts'
import type { Checked } from '../handlers.ts'
import { checkRange, invalid, refusal } from './errors.ts'
import { limits } from './limits.ts'

export type ForwardAction = Extract<ListenerAction, { type: 'forward' }>
type AskedForward = Pick<Checked<Action>, 'TargetGroupArn' | 'ForwardConfig'>

/** A forward, asked for as one TargetGroupArn, as a ForwardConfig, or as both where they mean the same. */
export function readForward({ TargetGroupArn, ForwardConfig }: AskedForward): ForwardAction {
  const tuples = ForwardConfig?.TargetGroups ?? []
  if (tuples.length === 0) {
    if (TargetGroupArn === undefined) throw invalid('A target group ARN must be specified')
    return {
      type: 'forward',
      targetGroups: [{ targetGroupArn: TargetGroupArn, weight: 1 }],
      ...readStickiness(ForwardConfig),
    }
  }
  const targetGroups = tuples.map((tuple) => readTuple(tuple, tuples.length))
  const [only, ...others] = targetGroups
  if (TargetGroupArn !== undefined && (others.length > 0 || only?.targetGroupArn !== TargetGroupArn)) {
    throw invalid('TargetGroupArn and ForwardConfig can both be specified only for one and the same target group')
  }
  checkTogether(targetGroups)
  return { type: 'forward', targetGroups, ...readStickiness(ForwardConfig) }
}

type AskedTuple = { readonly TargetGroupArn?: string | undefined; readonly Weight?: number | undefined }

function readTuple({ TargetGroupArn, Weight }: AskedTuple, count: number): WeightedTargetGroup {
  if (TargetGroupArn === undefined) throw invalid('A target group ARN must be specified')
  if (Weight === undefined && count > 1) {
    throw invalid(`A weight must be specified for target group '${TargetGroupArn}', as it is one of several`)
  }
  const weight = checkRange('Target group weight', Weight ?? 1, { minimum: 0, maximum: 999 })
  return { targetGroupArn: TargetGroupArn, weight }
}

function checkTogether(targetGroups: readonly WeightedTargetGroup[]): void {
  if (targetGroups.length > limits.targetGroupsPerAction) {
    throw refusal(
      'InvalidLoadBalancerActionException',
      `An action can forward to '${limits.targetGroupsPerAction}' target groups, not '${targetGroups.length}'`,
    )
  }
  const arns = targetGroups.map(({ targetGroupArn }) => targetGroupArn)
  const duplicate = arns.find((targetGroupArn, at) => arns.indexOf(targetGroupArn) !== at)
  if (duplicate !== undefined) throw invalid(`Target group '${duplicate}' was specified twice in one action`)
}

/** A duration without stickiness has no effect, on AWS too; it is kept, because Describe answers it. */
function readStickiness(
  config: AskedForward['ForwardConfig'],
): Pick<ForwardAction, 'stickinessEnabled' | 'stickinessDurationSeconds'> {
  const { Enabled, DurationSeconds } = config?.TargetGroupStickinessConfig ?? {}
  if (Enabled === true && DurationSeconds === undefined) {
    throw invalid('A stickiness duration in seconds must be specified when target group stickiness is enabled')
  }
  const range = { minimum: 1, maximum: 604_800 }
  return {
    ...(Enabled === true ? { stickinessEnabled: true } : {}),
    ...(DurationSeconds === undefined
      ? {}
      : { stickinessDurationSeconds: checkRange('Stickiness duration in seconds', DurationSeconds, range) }),
  }
}
