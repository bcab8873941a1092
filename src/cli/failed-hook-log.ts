import type { ServiceDeployment } from '@aws-sdk/client-ecs'
import type { AwsClients } from './aws-clients.ts'

const mostLines = 8

/** What the functions of hooks wrote that did not let a deployment go on, by their ARNs. */
export async function hookLogs(
  clients: AwsClients,
  { lifecycleHookDetails = [], finishedAt }: ServiceDeployment,
  since: number,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const arns = lifecycleHookDetails.flatMap(({ status, targetArn }) =>
    (status === 'FAILED' || status === 'TIMED_OUT') && targetArn !== undefined ? [targetArn] : [],
  )
  const until = finishedAt?.getTime() ?? Date.now()
  const all = [...new Set(arns)].map(async (arn) => [arn, await lastLines(clients, arn, { since, until })] as const)
  return Object.fromEntries(await Promise.all(all))
}

async function lastLines(
  { logs }: AwsClients,
  arn: string,
  { since, until }: { readonly since: number; readonly until: number },
): Promise<readonly string[]> {
  const { FilterLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs')
  const logGroupName = `/aws/lambda/${arn.split(':function:').at(-1)?.split(':')[0]}`
  try {
    const { events = [] } = await logs.send(
      new FilterLogEventsCommand({ logGroupName, startTime: since, endTime: until + 1 }),
    )
    return events.flatMap(({ message }) => (message === undefined ? [] : [message.trimEnd()])).slice(-3 * mostLines)
  } catch (error) {
    // A log that is not there, or that one may not read, is no reason to hide everything else.
    if (error instanceof Error && '$metadata' in error) return []
    throw error
  }
}
