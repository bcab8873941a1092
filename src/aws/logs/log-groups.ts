import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import type { LogGroup } from '../../domain/log-group.ts'
import type { Answer, Call, Handlers } from '../handlers.ts'
import { pageOfNames } from '../name-pages.ts'
import { findGroup, invalid, nameIn, pageSize, withTags } from './lookups.ts'
import type { LogsEngine } from './service.ts'

const namePattern = /^[\w./#-]{1,512}$/
/** The days AWS has. */
const retentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]

export const logGroups = (engine: LogsEngine) =>
  ({
    CreateLogGroup({ logGroupName, kmsKeyId, tags, logGroupClass = 'STANDARD', deletionProtectionEnabled }, call) {
      if (!namePattern.test(logGroupName)) {
        throw invalid(
          `1 validation error detected: Value '${logGroupName}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
        )
      }
      if (logGroupClass !== 'STANDARD')
        throw invalid(`logGroupClass ${logGroupClass} is not supported by Teal yet. Use STANDARD.`)
      if (deletionProtectionEnabled === true) {
        throw invalid('deletionProtectionEnabled is not supported by Teal yet. Set it to false.')
      }
      engine.logs.createGroup(call, logGroupName, { tags: withTags({}, tags ?? {}), kmsKeyId })
      return {}
    },
    async DeleteLogGroup({ logGroupName }, call) {
      await engine.logs.deleteGroup(findGroup(engine, call, logGroupName))
      return {}
    },
    async DescribeLogGroups(input, call) {
      const { logGroupNamePrefix, logGroupNamePattern, logGroupIdentifiers, nextToken } = input
      const size = pageSize(input.limit)
      if (logGroupNamePrefix !== undefined && logGroupNamePattern !== undefined) {
        throw invalid('LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.')
      }
      const names = logGroupIdentifiers?.map(nameIn)
      const listed = engine.store.logGroups
        .list()
        .filter(({ region }) => region === call.region && isAsked(input, call))
        .filter(({ name }) => names?.includes(name) ?? true)
        .filter(({ name }) => name.startsWith(logGroupNamePrefix ?? ''))
        .filter(({ name }) => name.toLowerCase().includes((logGroupNamePattern ?? '').toLowerCase()))
      const shown = pageOfNames(listed, ({ name }) => name, { size, token: nextToken })
      if (shown === undefined) throw invalid('The specified nextToken is invalid.')
      return {
        logGroups: await Promise.all(shown.items.map((group) => groupAnswer(engine, group))),
        nextToken: shown.token,
      }
    },
    PutRetentionPolicy({ logGroupName, retentionInDays }, call) {
      const group = findGroup(engine, call, logGroupName)
      if (!retentions.includes(retentionInDays)) {
        throw invalid(`retentionInDays must be one of ${retentions.join(', ')}, and is ${retentionInDays}.`)
      }
      engine.store.logGroups.put(`${group.region}/${group.name}`, { ...group, retentionInDays })
      return {}
    },
    DeleteRetentionPolicy({ logGroupName }, call) {
      const { retentionInDays: _former, ...group } = findGroup(engine, call, logGroupName)
      engine.store.logGroups.put(`${group.region}/${group.name}`, group)
      return {}
    },
  }) satisfies Handlers<typeof sdk>

/** All groups are of the class STANDARD and of one account, to which no other one is linked. */
function isAsked(
  { logGroupClass = 'STANDARD', accountIdentifiers = [] }: sdk.DescribeLogGroupsRequest,
  { accountId }: Call,
): boolean {
  return logGroupClass === 'STANDARD' && (accountIdentifiers.length === 0 || accountIdentifiers.includes(accountId))
}

async function groupAnswer({ logs }: LogsEngine, group: LogGroup): Promise<Answer<sdk.LogGroup>> {
  const summaries = await Promise.all(logs.streams(group).map((stream) => logs.summary(stream)))
  return {
    logGroupName: group.name,
    creationTime: group.createdAt,
    retentionInDays: group.retentionInDays,
    metricFilterCount: 0,
    arn: `${group.arn}:*`,
    logGroupArn: group.arn,
    storedBytes: summaries.reduce((sum, summary) => sum + (summary?.bytes ?? 0), 0),
    kmsKeyId: group.kmsKeyId,
    logGroupClass: 'STANDARD',
  }
}
