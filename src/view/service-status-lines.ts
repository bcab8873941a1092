import { protectionInWords } from './protected-tasks.ts'
import type { GroupStatus, ServiceStatus } from './service-status.ts'
import { brokenText, cut, plain, styled, type Line, type Style } from './styled.ts'
import { shortenedArns } from './surroundings.ts'
import { counted, figure, timeOfDay } from './words.ts'

/** Services as they are now, each in a few lines. */
export function serviceStatusLines(all: readonly ServiceStatus[], width: number, now: number): readonly Line[] {
  return all
    .flatMap((status, place) => [...(place === 0 ? [] : [[]]), ...linesOf(status, width, now)])
    .map((line) => cut(line, width))
}

function linesOf(status: ServiceStatus, width: number, now: number): readonly Line[] {
  const { service, controller, running, desired, pending, runs, isDeploying, deploymentId, failed, lastEvent } = status
  const isWhole = running === desired && pending === 0 && failed === undefined
  const starting = pending === 0 ? '' : `, ${pending} starting`
  const head: Line = [
    styled(isDeploying ? 'warning' : isWhole ? 'good' : 'bad', `${isDeploying ? '●' : isWhole ? '✔' : '!'} ${service}`),
    plain(`  ${runs ?? ''}  ${running} of ${counted(desired, 'task')} running${starting}`),
    styled('faint', `  ${isDeploying ? 'being deployed' : ''}`),
  ]
  const by: Line = [
    styled(
      'faint',
      `  deployed by ${controller}${deploymentId === undefined ? '' : `: teal deployment ${deploymentId}`}`,
    ),
  ]
  const sentence = (style: Style, text: string | undefined, label = ''): readonly Line[] =>
    brokenText(text ?? '', width - label.length - 2).map((row, place) => [
      styled(style, `  ${place === 0 ? label : ' '.repeat(label.length)}${row}`),
    ])
  const failure =
    failed &&
    `the deployment of ${failed.runs ?? 'its last revision'} has failed: ${failed.reason ?? 'no reason is told'}`
  const nameWidth = Math.max(0, ...status.groups.map(({ name }) => name.length))
  const eventAt = lastEvent === undefined ? '' : `${timeOfDay(new Date(lastEvent.at))}  `
  return [
    head,
    by,
    ...sentence('bad', failure),
    ...sentence('warning', protectionInWords(status.protectedTasks, now)),
    ...status.groups.map((group) => groupLine(group, nameWidth)),
    ...sentence('faint', lastEvent && shortenedArns(lastEvent.text), eventAt),
  ]
}

function groupLine({ name, runs, taskSetStatus, health, traffic, shares }: GroupStatus, nameWidth: number): Line {
  const isLive = shares.some(({ percent }) => percent > 0)
  const counts = health.counts.map(({ state, count }) => `${count} ${state}`).join(', ') || 'no targets'
  const portions = shares.map(({ port, percent }) => `${figure(percent)}% of :${port}`).join(', ') || 'no listener'
  const sick = health.counts.some(({ state }) => state === 'unhealthy')
  const rate = traffic === undefined ? '' : `  ${figure(Math.round(traffic.requestsPerSecond * 10) / 10)}/s`
  const failing =
    traffic === undefined || traffic.errorShare === 0 ? '' : ` ${figure(traffic.errorShare * 100)}% errors`
  return [
    styled(isLive ? 'strong' : 'faint', `  ${isLive ? '▸' : ' '} ${name.padEnd(nameWidth)}`),
    plain(`  ${portions}`),
    styled(sick ? 'bad' : undefined, `  ${counts}`),
    plain(rate),
    styled('bad', failing),
    styled('faint', `  ${[runs, taskSetStatus].filter((word) => word !== undefined).join(' ')}`),
  ]
}
