import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { Deployment } from '../../domain/deployment.ts'
import { waitForProtected } from '../../domain/task-protection.ts'
import type { Engine } from '../../engine/engine.ts'
import { heldTasks } from '../../engine/held-tasks.ts'
import type { Handlers } from '../handlers.ts'
import { deploymentInfo } from './deployment-info.ts'
import {
  checkBatch,
  deploymentGroupNamed,
  deploymentsInRegion,
  deploymentsOfGroup,
  deploymentWithId,
  findDeployment,
  type Here,
} from './lookups.ts'
import { checkedApplicationName, checkedDeploymentGroupName, checkedDeploymentId } from './names.ts'
import { page } from './pages.ts'

/** Reading deployments. */
export function deploymentHandlers(engine: Engine) {
  const { store } = engine
  const infoOf = (deployment: Deployment) => deploymentInfo(deployment, waitForProtected(heldTasks(engine, deployment)))
  return {
    GetDeployment({ deploymentId }, call) {
      return { deploymentInfo: infoOf(deploymentWithId({ store, call }, deploymentId)) }
    },

    /** Unknown ids are left out, as on AWS. */
    BatchGetDeployments({ deploymentIds }, call) {
      checkBatch(deploymentIds, { limit: 25, member: 'deploymentIds' })
      if (deploymentIds.length === 0) checkedDeploymentId(undefined)
      const found = deploymentIds.map((id) => findDeployment({ store, call }, checkedDeploymentId(id)))
      return {
        deploymentsInfo: found.flatMap((deployment) => (deployment === undefined ? [] : [infoOf(deployment)])),
      }
    },

    ListDeployments(input, call) {
      const { includeOnlyStatuses: statuses = [], createTimeRange: range, nextToken } = input
      checkTimeRange(range)
      const asked = deploymentsAsked({ store, call }, input)
      const ofStatus = statuses.length === 0 ? asked : asked.filter(({ status }) => statuses.includes(status))
      const wanted = range === undefined ? ofStatus : ofStatus.filter(({ createTime }) => isWithin(createTime, range))
      const { items, nextToken: next } = page(wanted, { list: 'deployments', keyOf: idOf, nextToken })
      return { deployments: items.map(idOf), nextToken: next }
    },
  } satisfies Handlers<typeof sdk>
}

function idOf({ deploymentId }: Deployment): string {
  return deploymentId
}

/** Those of one group, or all of the region; newest first, which clients rely on. */
function deploymentsAsked({ store, call }: Here, input: sdk.ListDeploymentsInput): readonly Deployment[] {
  const { applicationName, deploymentGroupName, externalId } = input
  // External ids are given to deployments by CloudFormation, so none here has one.
  if (externalId !== undefined) return []
  if (applicationName === undefined && deploymentGroupName === undefined) {
    return deploymentsInRegion({ store, call })
  }
  checkedApplicationName(applicationName)
  checkedDeploymentGroupName(deploymentGroupName)
  return deploymentsOfGroup({ store }, deploymentGroupNamed({ store, call }, applicationName, deploymentGroupName))
}

function checkTimeRange(range: sdk.TimeRange | undefined): void {
  if (range?.start === undefined || range.end === undefined || range.start <= range.end) return
  throw new AwsError(
    'InvalidTimeRangeException',
    `createTimeRange begins at ${range.start.toISOString()}, after its end at ${range.end.toISOString()}. Swap them.`,
  )
}

function isWithin(time: number, range: sdk.TimeRange | undefined): boolean {
  return (range?.start?.getTime() ?? 0) <= time && time <= (range?.end?.getTime() ?? Infinity)
}
