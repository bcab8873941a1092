import type * as sdk from '@aws-sdk/client-ecs'
import { AwsError } from '../../domain/aws-error.ts'
import { parseArn } from '../../domain/identifiers.ts'
import type { Place } from '../../domain/identifiers.ts'
import { isOver } from '../../domain/service-deployment.ts'
import type { ServiceDeployment } from '../../domain/service-deployment.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { invalidParameter } from './errors.ts'
import { findCluster, findService } from './names.ts'
import { page } from './pages.ts'
import { serviceDeploymentAnswer, serviceDeploymentBrief, serviceRevisionAnswer } from './service-deployment-answers.ts'

/** What a service under the ECS controller was deployed as, and how that went. */
export const serviceDeployments = (engine: Engine) => {
  const { store } = engine
  return {
    ListServiceDeployments(input, call) {
      const cluster = findCluster(engine, call, input.cluster)
      const { serviceArn } = findService(store, call, cluster, input.service)
      const { status = [], createdAt, nextToken, maxResults } = input
      const listed = store.serviceDeployments
        .ofService(serviceArn)
        .filter((deployment) => isAskedFor(deployment, input))
      const scope = ['ListServiceDeployments', serviceArn, status, createdAt]
      const shown = page(listed, ageKey, { scope, nextToken, maxResults, defaultSize: 20, order: 'DESC' })
      return {
        serviceDeployments: shown.items.map((each) => serviceDeploymentBrief(engine, each)),
        nextToken: shown.nextToken,
      }
    },
    DescribeServiceDeployments({ serviceDeploymentArns: keys }, call) {
      checkArns(keys, 'serviceDeploymentArns', 'service-deployment', call)
      return {
        serviceDeployments: keys.flatMap((key) => {
          const found = store.serviceDeployments.get(key)
          return found === undefined ? [] : [serviceDeploymentAnswer(engine, found)]
        }),
        failures: missing(keys, (key) => store.serviceDeployments.has(key)),
      }
    },
    DescribeServiceRevisions({ serviceRevisionArns: keys }, call) {
      checkArns(keys, 'serviceRevisionArns', 'service-revision', call)
      return {
        serviceRevisions: keys.flatMap((key) => {
          const found = store.serviceRevisions.get(key)
          return found === undefined ? [] : [serviceRevisionAnswer(found)]
        }),
        failures: missing(keys, (key) => store.serviceRevisions.has(key)),
      }
    },
    StopServiceDeployment({ serviceDeploymentArn: key, stopType = 'ROLLBACK' }, call) {
      checkArns([key], 'serviceDeploymentArn', 'service-deployment', call)
      const deployment = store.serviceDeployments.get(key)
      if (deployment === undefined) throw deploymentNotFound()
      const status = stopType === 'ROLLBACK' ? 'ROLLBACK_REQUESTED' : 'STOP_REQUESTED'
      checkStoppable(deployment, status)
      // Whoever carries it out sees it in the store.
      store.serviceDeployments.put(key, { ...deployment, status, updatedAt: engine.clock.now() })
      return { serviceDeploymentArn: key }
    },
    ContinueServiceDeployment({ serviceDeploymentArn: key, hookId, action = 'CONTINUE' }, call) {
      checkArns([key], 'serviceDeploymentArn', 'service-deployment', call)
      const deployment = store.serviceDeployments.get(key)
      if (deployment === undefined) throw deploymentNotFound()
      store.serviceDeployments.put(key, answered(deployment, hookId, action))
      return { serviceDeploymentArn: key }
    },
  } satisfies Handlers<typeof sdk>
}

/** Known from ContinueServiceDeployment. */
const deploymentNotFound = (): AwsError =>
  new AwsError('ServiceDeploymentNotFoundException', 'The service deployment does not exist.')

/** The deployment with the answer its pause hook waits for. */
function answered(deployment: ServiceDeployment, hookId: string, answer: 'CONTINUE' | 'ROLLBACK'): ServiceDeployment {
  if (!/^ecs-[a-z]+-.+$/.test(hookId)) {
    throw invalidParameter('Invalid hookId: hookId must follow the format: ecs-{hookType}-{id}')
  }
  if (isOver(deployment)) {
    throw invalidParameter('Continuing a service deployment is not allowed for service deployment in terminal states.')
  }
  const { lifecycleHookDetails: details = [] } = deployment
  const waiting = details.find((detail) => detail.hookId === hookId && detail.status === 'AWAITING_ACTION')
  if (waiting === undefined || waiting.answer !== undefined) {
    throw invalidParameter(
      'Provided hookId is either completed, unavailable, or not associated with the given Resource ARN',
    )
  }
  return {
    ...deployment,
    lifecycleHookDetails: details.map((detail) => (detail === waiting ? { ...detail, answer } : detail)),
  }
}

/** The exact words of ECS are not known. */
function checkStoppable(deployment: ServiceDeployment, asked: ServiceDeployment['status']): void {
  if (deployment.lifecycleStage === 'CLEAN_UP' && !isOver(deployment)) {
    throw new AwsError(
      'ConflictException',
      'The service deployment takes away the former revision: it cannot be stopped any more.',
    )
  }
  if (deployment.status === 'PENDING' || deployment.status === 'IN_PROGRESS') return
  if (deployment.status === asked) return
  throw new AwsError(
    'ConflictException',
    isOver(deployment)
      ? `The service deployment is ${deployment.status} and cannot be stopped any more.`
      : `The service deployment is ${deployment.status}: it is being stopped already.`,
  )
}

function isAskedFor(deployment: ServiceDeployment, input: Checked<sdk.ListServiceDeploymentsRequest>): boolean {
  const { status = [], createdAt: { after, before } = {} } = input
  if (status.length > 0 && !status.includes(deployment.status)) return false
  if (after !== undefined && deployment.createdAt < after.getTime()) return false
  return before === undefined || deployment.createdAt <= before.getTime()
}

/** Sorts by age, whatever the digits. */
function ageKey({ createdAt, serviceDeploymentArn }: ServiceDeployment): string {
  return `${String(createdAt).padStart(15, '0')} ${serviceDeploymentArn}`
}

function checkArns(keys: readonly string[], member: string, kind: string, place: Place): void {
  if (keys.length === 0) throw invalidParameter(`${member} cannot be empty.`)
  if (keys.length > 20) throw invalidParameter(`${member} can have at most 20 items.`)
  for (const key of keys) {
    const parsed = parseArn(key)
    if (parsed?.service !== 'ecs' || !parsed.resource.startsWith(`${kind}/`)) {
      throw invalidParameter(`Invalid identifier: ${key} is not the ARN of a ${kind}.`)
    }
    if (parsed.region !== place.region) throw invalidParameter('Invalid Region in ARN')
  }
}

function missing(keys: readonly string[], has: (key: string) => boolean) {
  return keys.filter((key) => !has(key)).map((key) => ({ arn: key, reason: 'MISSING' }))
}
