import type { SideView } from './deployment-view.ts'
import { endOfTask, type Surroundings } from './surroundings.ts'
import { counted, figure } from './words.ts'

/** Of a log; the end of it says most. */
export const mostLines = 8

/** Tasks of green that stopped by themselves, those that ended alike together. */
export function taskEvidence({
  stoppedTasks,
  logLines,
}: Pick<Surroundings, 'stoppedTasks' | 'logLines'>): readonly string[] {
  const ends = new Map<string, number>()
  for (const task of stoppedTasks.filter(
    ({ stopCode }) => stopCode !== 'ServiceSchedulerInitiated' && stopCode !== 'UserInitiated',
  )) {
    const end = endOfTask(task)
    ends.set(end, (ends.get(end) ?? 0) + 1)
  }
  const told = [...ends].map(([end, count]) => `${counted(count, 'green task')} stopped: ${end}`)
  return [...told, ...logLines.slice(-mostLines).map((line) => `| ${line}`)]
}

export function targetEvidence(sides: readonly SideView[]): readonly string[] {
  const green = sides.find(({ colour }) => colour === 'green')
  const sick = green?.health?.counts.find(({ state }) => state === 'unhealthy')?.count ?? 0
  if (green === undefined || sick === 0) return []
  return [
    `${counted(sick, 'target')} of ${green.targetGroup} unhealthy: ${green.health?.reason ?? 'no reason is told'}`,
  ]
}

/** Who met which version, and how that went. */
export function affected(sides: readonly SideView[]): readonly string[] {
  const counts = sides.flatMap(({ colour, targetGroup, traffic }) => {
    if (traffic === undefined) return []
    const { requests, errors } = traffic
    const failed = errors === 0 ? 'none failed' : `${figure(errors)} of them failed`
    return [`${colour} (${targetGroup}): ${figure(requests)} requests, ${requests === 0 ? 'so nobody met it' : failed}`]
  })
  return counts.length === 0 ? ['no numbers of requests are known'] : counts
}
