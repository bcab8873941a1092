import { isTerminal } from '../domain/deployment.ts'
import type { Deployment } from '../domain/deployment.ts'
import { lastPart } from '../domain/identifiers.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import type { Store } from '../engine/store.ts'
import type { DeploymentQuery } from './source.ts'
import { toneOf } from './tones.ts'
import type { DeploymentPage, DeploymentRow } from './views.ts'

export function codeDeployRow(deployment: Deployment): DeploymentRow {
  const { deploymentId, applicationName, deploymentGroupName, status, createTime, completeTime, creator } = deployment
  return {
    id: deploymentId,
    by: 'CodeDeploy',
    of: `${applicationName} / ${deploymentGroupName}`,
    status,
    tone: toneOf(status),
    createdAt: createTime,
    endedAt: isTerminal(status) ? completeTime : undefined,
    isRollback: creator === 'codeDeployRollback',
    description: deployment.description,
  }
}

export function serviceRow(deployment: ServiceDeployment): DeploymentRow {
  const { serviceDeploymentArn, serviceArn, clusterArn, status, createdAt, finishedAt } = deployment
  return {
    id: lastPart(serviceDeploymentArn),
    by: 'ECS',
    of: `${lastPart(clusterArn)} / ${lastPart(serviceArn)}`,
    status,
    tone: toneOf(status),
    createdAt,
    endedAt: finishedAt,
    isRollback: false,
    description: strategies[deployment.deploymentConfiguration.strategy],
  }
}

const strategies = { ROLLING: 'rolling', BLUE_GREEN: 'blue/green', LINEAR: 'linear', CANARY: 'canary' } as const

/** Both kinds, newest first. */
export function deploymentPage(store: Store, query: DeploymentQuery): DeploymentPage {
  return pageOf(
    [...store.deployments.list().map(codeDeployRow), ...store.serviceDeployments.list().map(serviceRow)],
    query,
  )
}

export function pageOf(
  all: readonly DeploymentRow[],
  { text, status, offset, limit }: DeploymentQuery,
): DeploymentPage {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const matching = all.filter((row) => {
    const searched =
      `${row.id} ${row.of} ${row.by} ${row.description ?? ''} ${row.isRollback ? 'rollback' : ''}`.toLowerCase()
    return words.every((word) => searched.includes(word))
  })
  const counts = new Map<string, number>()
  for (const row of matching) counts.set(row.status, (counts.get(row.status) ?? 0) + 1)
  const shown = (status === undefined ? matching : matching.filter((row) => row.status === status)).toSorted(
    (one, other) => other.createdAt - one.createdAt,
  )
  return {
    rows: shown.slice(offset, offset + limit),
    total: shown.length,
    statuses: [...counts].toSorted(([one], [other]) => one.localeCompare(other)),
  }
}
