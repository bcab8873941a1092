import type * as sdk from '@aws-sdk/client-application-auto-scaling'
import type { NotScaledReason, ScalingActivity } from '../../domain/scaling.ts'
import type { Answer, Handlers } from '../handlers.ts'
import { checkNamed, invalid, page, scalableDimension } from './lookups.ts'
import type { ScalingEngine } from './service.ts'

/** What was scaled, and why. */
export const activities = ({ store }: ScalingEngine) =>
  ({
    DescribeScalingActivities(input, { region }) {
      checkNamed(input)
      const { ResourceId, ScalableDimension, IncludeNotScaledActivities = false } = input
      if (ScalableDimension !== undefined && ResourceId === undefined) {
        throw invalid('If you specify a scalable dimension, you must also specify a resource ID.')
      }
      const found = store.scalingActivities
        .list()
        .filter((each) => each.region === region && (ResourceId === undefined || each.resourceId === ResourceId))
        .flatMap(({ resourceId, activities: all }) => all.map((activity) => ({ resourceId, activity })))
        .filter(({ activity }) => IncludeNotScaledActivities || activity.notScaled === undefined)
      const { items, ...next } = page(found, newestFirst, input)
      return {
        ScalingActivities: items.map(({ resourceId, activity }) => activityAnswer(resourceId, activity)),
        ...next,
      }
    },

    /** There are none: PutScheduledAction is not there. */
    DescribeScheduledActions(input) {
      checkNamed(input)
      return { ScheduledActions: [] }
    },
  }) satisfies Handlers<typeof sdk>

/** A text that sorts later activities first. */
function newestFirst({ activity }: { readonly activity: ScalingActivity }): string {
  const time = String(Number.MAX_SAFE_INTEGER - activity.startedAt).padStart(16, '0')
  return `${time} ${activity.activityId}`
}

function activityAnswer(resourceId: string, activity: ScalingActivity): Answer<sdk.ScalingActivity> {
  const { endedAt, notScaled } = activity
  return {
    ActivityId: activity.activityId,
    ServiceNamespace: 'ecs',
    ResourceId: resourceId,
    ScalableDimension: scalableDimension,
    Description: activity.description,
    Cause: activity.cause,
    StartTime: new Date(activity.startedAt),
    ...(endedAt === undefined ? {} : { EndTime: new Date(endedAt) }),
    StatusCode: activity.statusCode,
    StatusMessage: activity.statusMessage,
    ...(notScaled === undefined ? {} : { NotScaledReasons: [reasonAnswer(notScaled)] }),
  }
}

function reasonAnswer({ code, currentCapacity, minCapacity, maxCapacity }: NotScaledReason): sdk.NotScaledReason {
  return {
    Code: code,
    CurrentCapacity: currentCapacity,
    ...(minCapacity === undefined ? {} : { MinCapacity: minCapacity }),
    ...(maxCapacity === undefined ? {} : { MaxCapacity: maxCapacity }),
  }
}
