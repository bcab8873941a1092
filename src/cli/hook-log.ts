import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import { aboutEndpoint } from './about-endpoint.ts'
import { clientConfiguration, type AwsOptions } from './aws-access.ts'
import type { EventLog, WrittenLine } from './event-log.ts'
import { CliError } from './exit-code.ts'
import { lambdaAccess } from './hook-access.ts'

/** Events of a function may reach CloudWatch Logs later than younger ones of another of its environments. */
const overlapMilliseconds = 60_000

/** A client of CloudWatch Logs, in a region of its own where one is named. */
export async function logsClient(options: AwsOptions): Promise<CloudWatchLogsClient> {
  const { CloudWatchLogsClient: Client } = await import('@aws-sdk/client-cloudwatch-logs')
  return new Client({ ...clientConfiguration(options, process.env, 'CLOUDWATCH_LOGS'), maxAttempts: 2 })
}

/** What a Lambda function wrote: the log group `/aws/lambda/NAME`. */
export async function hookLog(name: string, options: AwsOptions): Promise<EventLog> {
  const { paginateFilterLogEvents, ResourceNotFoundException } = await import('@aws-sdk/client-cloudwatch-logs')
  const client = await logsClient(options)
  const functionName = name.split(':function:').at(-1)?.split(':')[0] ?? name
  const logGroupName = `/aws/lambda/${functionName}`
  const shown = new Map<string, number>()
  let newest = 0
  let isThere = true
  const news = async (since: number): Promise<readonly WrittenLine[]> => {
    const found: WrittenLine[] = []
    const startTime = Math.max(since, newest - overlapMilliseconds)
    try {
      for await (const { events = [] } of paginateFilterLogEvents({ client }, { logGroupName, startTime })) {
        for (const { eventId = '', timestamp: at = 0, message: text = '', logStreamName: stream = '' } of events) {
          if (shown.has(eventId)) continue
          shown.set(eventId, at)
          newest = Math.max(newest, at)
          found.push({ at, of: functionName, stream, text })
        }
      }
    } catch (error) {
      if (!(error instanceof ResourceNotFoundException)) throw error
      if (isThere) await requireFunction(functionName, options)
      isThere = false
    }
    for (const [id, at] of shown) if (at < newest - 2 * overlapMilliseconds) shown.delete(id)
    return found
  }
  return {
    news,
    emptiness: () =>
      isThere
        ? `${functionName} wrote nothing in this time; a longer --since may show more`
        : `there is no log group ${logGroupName}: ${functionName} has not run yet, or may not write its log`,
    endpoint: () => clientConfiguration(options, process.env, 'CLOUDWATCH_LOGS').endpoint ?? 'AWS',
    isTeal: async () => (await aboutEndpoint(options)).isTeal,
  }
}

/** Who may read logs alone does not learn whether there is such a function. */
async function requireFunction(name: string, options: AwsOptions): Promise<void> {
  const { GetFunctionCommand, ResourceNotFoundException } = await import('@aws-sdk/client-lambda')
  const access = await lambdaAccess(options)
  try {
    await access.lambda.send(new GetFunctionCommand({ FunctionName: name }))
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) return
    const place = `${await access.lambda.config.region()} at ${access.endpoint()}`
    throw new CliError(
      `there is no function ${name} in ${place}, and no log of one. \`aws lambda list-functions\` lists those there are.`,
    )
  }
}
