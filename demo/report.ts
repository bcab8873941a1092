import type { LoadAccount } from './load/index.ts'
import { count, milliseconds, seconds, table } from './text.ts'
import type { DeploymentOutcome } from './watch.ts'

export type DemoResult = { readonly deployment: DeploymentOutcome; readonly load: LoadAccount }

/** What is wrong with the result, one sentence each; empty when the deployment succeeded and nothing was lost. */
export function complaints({ deployment, load }: DemoResult): readonly string[] {
  const [first, last] = [load.versions[0], load.versions.at(-1)]
  return [
    ...(deployment.status === 'Succeeded' ? [] : [`The deployment is ${deployment.status}. ${deployment.error ?? ''}`]),
    ...(load.failed === 0 ? [] : [`${count(load.failed)} of ${count(load.sent)} requests failed.`]),
    ...(load.answered + load.failed === load.sent ? [] : ['Not every request is accounted for.']),
    ...(first?.version === '1' && last?.version === '2' && last.lastAt > first.lastAt
      ? []
      : ['The traffic did not go from version 1 to version 2.']),
  ]
}

export function report(result: DemoResult): string {
  const { deployment, load } = result
  const found = complaints(result)
  return [
    'Requests',
    requestTable(load),
    '',
    table([...versionRows(load, deployment.createdAt), pauseRow(load, deployment.createdAt)], { leftColumns: [0, 2] }),
    '',
    `Deployment ${deployment.deploymentId}, in seconds since it was created`,
    eventTable(deployment),
    '',
    ...(load.failures.length === 0 ? [] : [failureList(load), '']),
    ...(found.length === 0
      ? [
          `0 failed of ${count(load.sent)} requests. The deployment succeeded in ${seconds(deployment.completedAt - deployment.createdAt)}.`,
        ]
      : found),
  ].join('\n')
}

function requestTable(load: LoadAccount): string {
  const rows = load.kinds.map(({ kind, sent, answered, failed, latencyMilliseconds, longestPause }) => [
    kind,
    count(sent),
    count(answered),
    count(failed),
    milliseconds(latencyMilliseconds.p50),
    milliseconds(latencyMilliseconds.p99),
    milliseconds(longestPause.milliseconds),
  ])
  return table([
    ['client', 'sent', 'answered', 'failed', 'p50', 'p99', 'longest pause'],
    ...rows,
    [
      'all',
      count(load.sent),
      count(load.answered),
      count(load.failed),
      '',
      '',
      milliseconds(load.longestPause.milliseconds),
    ],
  ])
}

function versionRows(load: LoadAccount, since: number): readonly (readonly string[])[] {
  return load.versions.map(({ version, answered, firstAt, lastAt }) => [
    `answered by version ${version}`,
    count(answered),
    `from ${signedSeconds(firstAt - since)} to ${signedSeconds(lastAt - since)}`,
  ])
}

function pauseRow({ longestPause }: LoadAccount, since: number): readonly string[] {
  return [
    'longest pause of any client',
    milliseconds(longestPause.milliseconds),
    `at ${signedSeconds(longestPause.endedAt - since)}`,
  ]
}

function eventTable({ events, createdAt, completedAt }: DeploymentOutcome): string {
  const time = (at: number | undefined): string => (at === undefined ? '' : ((at - createdAt) / 1_000).toFixed(2))
  return table(
    [
      ['event', 'began', 'ended', 'took', ''],
      ...events.map(({ event, status, beganAt, endedAt }) => [
        event,
        time(beganAt),
        time(endedAt),
        beganAt === undefined || endedAt === undefined ? '' : ((endedAt - beganAt) / 1_000).toFixed(2),
        status,
      ]),
      ['version 1 ended, all done', '', time(completedAt), '', ''],
    ],
    { leftColumns: [0, 4] },
  )
}

function failureList({ failures, startedAt }: LoadAccount): string {
  return [
    'The first requests that failed, in seconds since the load began',
    ...failures.map(({ at, kind, message }) => `  ${((at - startedAt) / 1_000).toFixed(3)}  ${kind}: ${message}`),
  ].join('\n')
}

function signedSeconds(time: number): string {
  return `${time < 0 ? '' : '+'}${seconds(time)}`
}
