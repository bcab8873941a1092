import type * as sdk from '@aws-sdk/client-cloudwatch'
import type { MetricAlarm } from '../../domain/alarm.ts'
import { parseArn } from '../../domain/identifiers.ts'
import type { Tags } from '../../domain/load-balancer.ts'
import { alarmKey } from '../../engine/alarm-changes.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import { invalidValue, refusal } from './errors.ts'
import { readTags, withinLimit } from './tag-lists.ts'

type World = Pick<Engine, 'store'>

/** Tags of alarms, by ARN. */
export const tags = (world: World) =>
  ({
    TagResource({ ResourceARN, Tags: given }) {
      const alarm = taggedAlarm(world, ResourceARN)
      putTags(world, alarm, withinLimit({ ...alarm.settings.tags, ...readTags(given) }))
      return {}
    },

    UntagResource({ ResourceARN, TagKeys }) {
      const alarm = taggedAlarm(world, ResourceARN)
      const left = Object.entries(alarm.settings.tags).filter(([key]) => !TagKeys.includes(key))
      putTags(world, alarm, Object.fromEntries(left))
      return {}
    },

    ListTagsForResource({ ResourceARN }) {
      const { settings } = taggedAlarm(world, ResourceARN)
      return { Tags: Object.entries(settings.tags).map(([Key, Value]) => ({ Key, Value })) }
    },
  }) satisfies Handlers<typeof sdk>

function taggedAlarm({ store }: World, alarmArn: string): MetricAlarm {
  const { service, region = '', resource = '' } = parseArn(alarmArn) ?? {}
  if (service !== 'cloudwatch' || !resource.startsWith('alarm:')) {
    throw invalidValue(
      `The value ${alarmArn} for parameter ResourceARN is not the ARN of an alarm; only alarms have tags in Teal.`,
    )
  }
  const alarm = store.alarms.get(alarmKey({ region, alarmName: resource.slice('alarm:'.length) }))
  if (alarm?.alarmArn === alarmArn) return alarm
  throw refusal('ResourceNotFoundException', `There is no alarm with the ARN ${alarmArn}.`)
}

function putTags({ store }: World, alarm: MetricAlarm, newTags: Tags): void {
  store.alarms.put(alarmKey(alarm), { ...alarm, settings: { ...alarm.settings, tags: newTags } })
}
