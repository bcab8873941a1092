import type * as sdk from '@aws-sdk/client-application-auto-scaling'
import { arn } from '../../domain/identifiers.ts'
import type { ScalingPolicy } from '../../domain/scaling.ts'
import { deletePolicy, policiesOf, putPolicy } from '../../engine/scaling-policies.ts'
import type { Answer, Call, Checked, Handlers } from '../handlers.ts'
import { configurationAnswer } from './policy-answers.ts'
import { readPolicyConfiguration } from './policy-settings.ts'
import { checkNamed, findPolicy, inWords, invalid, lookUpTarget, page, refusal, scalableDimension } from './lookups.ts'
import type { ScalingEngine } from './service.ts'

const mostPolicies = 50

/** Policies: when and how far a target is scaled. */
export const policies = (engine: ScalingEngine) =>
  ({
    PutScalingPolicy(input, call) {
      checkNamed(input)
      const { store } = engine
      const target = lookUpTarget(engine, call, input.ResourceId, 'registered')
      const known = findPolicy(engine, call, input.ResourceId, checkPolicyName(input.PolicyName))
      if (known === undefined && policiesOf(store, target).length >= mostPolicies) {
        throw refusal('LimitExceededException', `A scalable target can have at most ${mostPolicies} scaling policies.`)
      }
      const policy = putPolicy(engine, {
        ...(known ?? newPolicy(engine, call, input)),
        configuration: readPolicyConfiguration(input, known?.configuration.kind),
      })
      sayWhatBlueGreenNeeds(engine, policy, target.serviceArn)
      return { PolicyARN: policy.policyArn, Alarms: alarmsAnswer(engine, policy) }
    },

    DescribeScalingPolicies(input, { region }) {
      checkNamed(input)
      const { ResourceId, PolicyNames = [] } = input
      const found = engine.store.scalingPolicies
        .list()
        .filter((policy) => policy.region === region)
        .filter(({ resourceId }) => ResourceId === undefined || resourceId === ResourceId)
        .filter(({ policyName }) => PolicyNames.length === 0 || PolicyNames.includes(policyName))
      const { items, ...next } = page(found, ({ resourceId, policyName }) => `${resourceId} ${policyName}`, input)
      return { ScalingPolicies: items.map((policy) => policyAnswer(engine, policy)), ...next }
    },

    DeleteScalingPolicy(input, call) {
      checkNamed(input)
      const { ResourceId, PolicyName } = input
      const policy = findPolicy(engine, call, ResourceId, PolicyName)
      if (policy === undefined) {
        throw refusal(
          'ObjectNotFoundException',
          `No scaling policy found for ${inWords(ResourceId)}, policy name: ${PolicyName}`,
        )
      }
      deletePolicy(engine, policy)
      return {}
    },
  }) satisfies Handlers<typeof sdk>

function newPolicy(
  { clock, chance }: ScalingEngine,
  call: Call,
  { ResourceId: resourceId, PolicyName: policyName }: Checked<sdk.PutScalingPolicyCommandInput>,
): Omit<ScalingPolicy, 'configuration'> {
  return {
    policyArn: arn.scalingPolicy(call, chance.uuid(), resourceId, policyName),
    policyName,
    region: call.region,
    resourceId,
    createdAt: clock.now(),
    alarms: [],
  }
}

/** @throws ValidationException */
function checkPolicyName(name: string): string {
  if (/^[\p{L}\p{M}\p{S}\p{N}\p{P} ]{1,256}$/u.test(name)) return name
  throw invalid(
    `1 validation error detected: Value '${name}' at 'policyName' failed to satisfy constraint: Member must satisfy regular expression pattern: \\p{Print}+`,
  )
}

/** As on AWS it is taken, and follows one target group of the two. */
function sayWhatBlueGreenNeeds({ store, log }: ScalingEngine, policy: ScalingPolicy, serviceArn: string): void {
  const { configuration } = policy
  const isOnRequests =
    configuration.kind === 'targetTracking' &&
    configuration.metric.kind === 'predefined' &&
    configuration.metric.type === 'ALBRequestCountPerTarget'
  const { deploymentController, deploymentConfiguration } = store.services.get(serviceArn) ?? {}
  const isMoved =
    deploymentController === 'CODE_DEPLOY' || (deploymentConfiguration?.strategy ?? 'ROLLING') !== 'ROLLING'
  if (!isOnRequests || !isMoved) return
  log.warn(
    `Policy ${policy.policyName} follows the requests of one target group, and a blue/green deployment moves them to the ` +
      'other: AWS does not support ALBRequestCountPerTarget there. Track ECSServiceAverageCPUUtilization instead.',
  )
}

function policyAnswer(engine: ScalingEngine, policy: ScalingPolicy): Answer<sdk.ScalingPolicy> {
  return {
    PolicyARN: policy.policyArn,
    PolicyName: policy.policyName,
    ServiceNamespace: 'ecs',
    ResourceId: policy.resourceId,
    ScalableDimension: scalableDimension,
    ...configurationAnswer(policy.configuration),
    Alarms: alarmsAnswer(engine, policy),
    CreationTime: new Date(policy.createdAt),
  }
}

/** The policy's own alarms, or those that somebody has set on it. */
function alarmsAnswer({ store }: ScalingEngine, { policyArn, region, configuration, alarms }: ScalingPolicy) {
  const known =
    configuration.kind === 'targetTracking'
      ? alarms
      : store.alarms
          .list()
          .filter((alarm) => alarm.region === region && alarm.settings.alarmActions.includes(policyArn))
  return known.map(({ alarmName, alarmArn }) => ({ AlarmName: alarmName, AlarmARN: alarmArn }))
}
