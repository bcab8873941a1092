import { dictionaryOf } from './dictionary.ts'
import type { RoutingTableNews } from './routing-table-news.ts'
import type { RoutingTable, TargetGroupArn, TargetGroupRoute } from './routing-table.ts'

/** A routing table, or news of one, as it travels and lies on disk: JSON knows no maps. */
export type InJson<Told extends RoutingTable | RoutingTableNews> = Omit<Told, 'targetGroups'> & {
  readonly targetGroups: Readonly<Record<TargetGroupArn, TargetGroupRoute>>
}

export function inJson<Told extends RoutingTable | RoutingTableNews>(told: Told): InJson<Told> {
  return { ...told, targetGroups: dictionaryOf(told.targetGroups) }
}

export function outOfJson<Told extends RoutingTable | RoutingTableNews>(
  told: InJson<Told>,
): Omit<Told, 'targetGroups'> & Pick<RoutingTable, 'targetGroups'> {
  return { ...told, targetGroups: new Map(Object.entries(told.targetGroups)) }
}
