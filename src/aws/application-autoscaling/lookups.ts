import type * as sdk from '@aws-sdk/client-application-auto-scaling'
import { AwsError } from '../../domain/aws-error.ts'
import type { ScalableTarget, ScalingPolicy } from '../../domain/scaling.ts'
import { policiesOf, scalingKey } from '../../engine/scaling-policies.ts'
import type { Call } from '../handlers.ts'
import { pageOfNames } from '../name-pages.ts'
import type { ScalingEngine } from './service.ts'

type ErrorCode = Extract<keyof typeof sdk, `${string}Exception`>

export const scalableDimension = 'ecs:service:DesiredCount'

export const refusal = (code: ErrorCode, message: string): AwsError => new AwsError(code, message)

export const invalid = (message: string): AwsError => refusal('ValidationException', message)

/** AWS can do this, Teal cannot: named, and what to do instead. */
export const unsupported = (what: string, advice: string): AwsError =>
  invalid(`${what} is not supported by Teal; ${advice}`)

/** What names a scalable target in a call; the last two are optional where many are described. */
export type Named = {
  readonly ServiceNamespace: sdk.ServiceNamespace
  readonly ResourceId?: string | undefined
  readonly ScalableDimension?: sdk.ScalableDimension | undefined
}

/** @throws ValidationException for anything but an ECS service's desired count. */
export function checkNamed({ ServiceNamespace, ResourceId, ScalableDimension }: Named): void {
  if (ServiceNamespace !== 'ecs') {
    throw unsupported(`ServiceNamespace '${ServiceNamespace}'`, 'use ecs, whose services are what it scales.')
  }
  const isService = ResourceId === undefined || /^service\/[^/]+\/[^/]+$/.test(ResourceId)
  if (isService && (ScalableDimension ?? scalableDimension) === scalableDimension) return
  throw invalid(
    'Unsupported service namespace, resource type or scalable dimension: ' +
      `${ServiceNamespace}, ${ResourceId ?? ''}, ${ScalableDimension ?? ''}. Use ecs, service/CLUSTER/SERVICE, ${scalableDimension}.`,
  )
}

export function findTarget({ store }: ScalingEngine, { region }: Call, resourceId: string): ScalableTarget | undefined {
  return store.scalableTargets.get(scalingKey({ region, resourceId }))
}

/** @throws ObjectNotFoundException */
export function lookUpTarget(
  engine: ScalingEngine,
  call: Call,
  resourceId: string,
  word: 'found' | 'registered',
): ScalableTarget {
  const target = findTarget(engine, call, resourceId)
  if (target !== undefined) return target
  throw refusal('ObjectNotFoundException', `No scalable target ${word} for ${inWords(resourceId)}`)
}

export function findPolicy(
  { store }: ScalingEngine,
  { region }: Call,
  resourceId: string,
  policyName: string,
): ScalingPolicy | undefined {
  return policiesOf(store, { region, resourceId }).find((policy) => policy.policyName === policyName)
}

/** `service namespace: ecs, resource ID: service/CLUSTER/SERVICE, scalable dimension: ecs:service:DesiredCount` */
export function inWords(resourceId: string): string {
  return `service namespace: ecs, resource ID: ${resourceId}, scalable dimension: ${scalableDimension}`
}

type PageRequest = { readonly MaxResults?: number | undefined; readonly NextToken?: string | undefined }

/** In the order of their names, 50 at most as on AWS. @throws ValidationException, InvalidNextTokenException */
export function page<Item>(
  items: readonly Item[],
  nameOf: (item: Item) => string,
  { MaxResults = 50, NextToken }: PageRequest,
): { readonly items: readonly Item[]; readonly NextToken?: string } {
  if (!Number.isInteger(MaxResults) || MaxResults < 1 || MaxResults > 50) {
    throw invalid(`The MaxResults ${MaxResults} is not valid; it must be between 1 and 50.`)
  }
  const shown = pageOfNames(items, nameOf, { size: MaxResults, token: NextToken })
  if (shown === undefined) {
    throw refusal('InvalidNextTokenException', 'The NextToken is not one of this list. Pass that of the last answer.')
  }
  return { items: shown.items, ...(shown.token === undefined ? {} : { NextToken: shown.token }) }
}
