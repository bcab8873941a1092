import type * as sdk from '@aws-sdk/client-application-auto-scaling'
import { arn } from '../../domain/identifiers.ts'
import type { ScalableTarget } from '../../domain/scaling.ts'
import type { Service } from '../../domain/service.ts'
import { keepTarget } from '../../engine/scaling-activities.ts'
import { deregisterTarget } from '../../engine/scaling-policies.ts'
import type { Answer, Call, Checked, Handlers } from '../handlers.ts'
import { checkNamed, findTarget, invalid, lookUpTarget, page, scalableDimension } from './lookups.ts'
import type { ScalingEngine } from './service.ts'
import { readTags } from './tags.ts'

type Input = Checked<sdk.RegisterScalableTargetCommandInput>

/** Registering what is scaled, and within which bounds. */
export const targets = (engine: ScalingEngine) =>
  ({
    RegisterScalableTarget(input, call) {
      checkNamed(input)
      const known = findTarget(engine, call, input.ResourceId)
      const service = lookUpService(engine, call, input.ResourceId)
      const target = known === undefined ? newTarget(engine, call, input, service) : changed(known, input)
      keepTarget(engine, target)
      return { ScalableTargetARN: target.scalableTargetArn }
    },

    DescribeScalableTargets(input, { region }) {
      checkNamed(input)
      const { ResourceIds = [] } = input
      const found = engine.store.scalableTargets
        .list()
        .filter((target) => target.region === region)
        .filter(({ resourceId }) => ResourceIds.length === 0 || ResourceIds.includes(resourceId))
      const { items, ...next } = page(found, ({ resourceId }) => resourceId, input)
      return { ScalableTargets: items.map(targetAnswer), ...next }
    },

    DeregisterScalableTarget(input, call) {
      checkNamed(input)
      deregisterTarget(engine, lookUpTarget(engine, call, input.ResourceId, 'found'))
      return {}
    },
  }) satisfies Handlers<typeof sdk>

/** @throws ValidationException */
function lookUpService({ store }: ScalingEngine, { region, accountId }: Call, resourceId: string): Service {
  const [, cluster = '', name = ''] = resourceId.split('/')
  const service = store.services.get(arn.service(arn.cluster({ region, accountId }, cluster), name))
  if (service === undefined || service.status !== 'ACTIVE') {
    throw invalid(`ECS service doesn't exist: ${resourceId}`)
  }
  return service
}

/** @throws ValidationException */
function newTarget({ clock, chance }: ScalingEngine, call: Call, input: Input, service: Service): ScalableTarget {
  const { MinCapacity, MaxCapacity } = input
  if (MinCapacity === undefined || MaxCapacity === undefined) {
    throw invalid('MinCapacity and MaxCapacity are required for a scalable target that is not registered yet.')
  }
  const roleName = 'AWSServiceRoleForApplicationAutoScaling_ECSService'
  const target: ScalableTarget = {
    scalableTargetArn: arn.scalableTarget(call, `0ec5${chance.hex(28)}`),
    region: call.region,
    resourceId: input.ResourceId,
    serviceArn: service.serviceArn,
    minCapacity: MinCapacity,
    maxCapacity: MaxCapacity,
    roleArn: `arn:aws:iam::${call.accountId}:role/aws-service-role/ecs.application-autoscaling.amazonaws.com/${roleName}`,
    suspended: { scaleIn: false, scaleOut: false, scheduled: false },
    createdAt: clock.now(),
    tags: readTags(input.Tags),
  }
  return changed(target, { ...input, Tags: {} })
}

/** What is left out stays as it is. @throws ValidationException */
function changed(target: ScalableTarget, input: Input): ScalableTarget {
  const { MinCapacity, MaxCapacity, RoleARN, SuspendedState, Tags = {} } = input
  if (Object.keys(Tags).length > 0) {
    throw invalid('Tags can be given only with a new scalable target; use TagResource for one that is registered.')
  }
  const minCapacity = MinCapacity ?? target.minCapacity
  const maxCapacity = MaxCapacity ?? target.maxCapacity
  for (const [name, value] of Object.entries({ MinCapacity: minCapacity, MaxCapacity: maxCapacity })) {
    if (value < 0) throw invalid(`${name} cannot be negative; it is ${value}.`)
  }
  if (minCapacity > maxCapacity) {
    throw invalid(`Maximum capacity cannot be less than minimum capacity: ${maxCapacity} is less than ${minCapacity}.`)
  }
  const { suspended } = target
  return {
    ...target,
    minCapacity,
    maxCapacity,
    roleArn: RoleARN ?? target.roleArn,
    suspended: {
      scaleIn: SuspendedState?.DynamicScalingInSuspended ?? suspended.scaleIn,
      scaleOut: SuspendedState?.DynamicScalingOutSuspended ?? suspended.scaleOut,
      scheduled: SuspendedState?.ScheduledScalingSuspended ?? suspended.scheduled,
    },
  }
}

function targetAnswer(target: ScalableTarget): Answer<sdk.ScalableTarget> {
  return {
    ServiceNamespace: 'ecs',
    ResourceId: target.resourceId,
    ScalableDimension: scalableDimension,
    MinCapacity: target.minCapacity,
    MaxCapacity: target.maxCapacity,
    RoleARN: target.roleArn,
    CreationTime: new Date(target.createdAt),
    SuspendedState: {
      DynamicScalingInSuspended: target.suspended.scaleIn,
      DynamicScalingOutSuspended: target.suspended.scaleOut,
      ScheduledScalingSuspended: target.suspended.scheduled,
    },
    ScalableTargetARN: target.scalableTargetArn,
  }
}
