import type { SideView, Tiding } from './deployment-view.ts'
import { endOfTask, hasFailed, shortenedArns, type Surroundings } from './surroundings.ts'
import { counted, figure } from './words.ts'

/** Of a log; the end of it says most. */
export const mostLines = 8

/** Tasks of green that stopped by themselves, those that ended alike together. */
export function taskEvidence({
  stoppedTasks,
  logLines,
}: Pick<Surroundings, 'stoppedTasks' | 'logLines'>): readonly string[] {
  const ends = new Map<string, number>()
  for (const task of stoppedTasks.filter(hasFailed)) {
    const end = shortenedArns(endOfTask(task))
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

/** What the service told of the last lines of a task that failed, where no log has them. */
export function lastWordsEvidence(tidings: readonly Tiding[]): readonly string[] {
  const last = tidings.map(({ text }) => lastWords.exec(text)).findLast((match) => match !== null)
  return last == null
    ? []
    : [`the last lines of container ${last[1]}:`, ...(last[2] ?? '').split(' / ').map((line) => `| ${line}`)]
}

const lastWords = /the last lines of container (\S+): "(.*)"\.$/

/** What the service told last about a target that was given up; at the end it is registered no more. */
export function eventEvidence(tidings: readonly Tiding[]): readonly string[] {
  const last = tidings.map(({ text }) => unhealthyTarget.exec(text)).findLast((match) => match !== null)
  return last == null ? [] : [`a target of ${last[1]} was unhealthy: ${last[2]}`]
}

const unhealthyTarget = /is unhealthy in \(target-group ([^)]*)\) due to \(reason (.*)\)\.?$/

/** Who met which version, and how that went. */
export function affected(sides: readonly SideView[]): readonly string[] {
  const known = sides.flatMap(({ traffic, ...side }) => (traffic === undefined ? [] : [{ ...side, ...traffic }]))
  if (known.length === 0) return ['no numbers of requests are known']
  if (known.every(({ requests }) => requests === 0)) return ['nobody: there were no requests while it ran']
  return known.map(({ colour, targetGroup, requests, errors }) => {
    const failed = errors === 0 ? 'none failed' : `${figure(errors)} of them failed`
    return `${colour} (${targetGroup}): ${counted(requests, 'request', figure(requests))}, ${requests === 0 ? 'so nobody met it' : failed}`
  })
}

/** `green hello:3: 10% of traffic, 2 of 2 tasks running when it ended` */
export function sideWhenEnded({ colour, runs, targetGroup, weight, running, desired }: SideView): string {
  const share = weight === undefined ? '' : `${figure(weight)}% of traffic, `
  const tasks = desired === 0 && running === 0 ? 'no tasks' : `${running} of ${counted(desired, 'task')} running`
  return `${colour} ${runs ?? targetGroup}: ${share}${tasks} when it ended`
}
