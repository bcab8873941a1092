import { associationRefusal, strategyRefusal } from '../capacity-provider.ts'
import type { CapacityProviderStrategyItem } from '../service.ts'
import { thingOf } from './facts.ts'
import type { PreflightFacts, ServiceFacts } from './facts.ts'
import { errorAt, listed, warningAt } from './finding.ts'
import type { Finding, FindingPlace } from './finding.ts'

const where: FindingPlace = { subject: 'AppSpec', field: ['CapacityProviderStrategy'] }
const failsInInstall = 'ECS refuses the replacement task set: the deployment fails in Install.'

/** What ECS would say against the capacity providers of the AppSpec, and what becomes of the service's without any there. */
export function capacityProviderFindings(
  facts: Pick<PreflightFacts, 'appSpec' | 'service' | 'capacityProviders'>,
): readonly Finding[] {
  const appSpec = thingOf(facts.appSpec)
  const service = thingOf(facts.service)
  if (appSpec === undefined) return []
  const { capacityProviderStrategy: strategy = [] } = appSpec
  if (strategy.length === 0) return service === undefined ? [] : droppedFindings(service)
  const associated = thingOf(facts.capacityProviders)
  return [...numberFindings(strategy), ...(associated === undefined ? [] : associationFindings(strategy, associated))]
}

function droppedFindings({ serviceName, capacityProviderStrategy: strategy = [] }: ServiceFacts): readonly Finding[] {
  if (strategy.length === 0) return []
  const names = strategy.map(({ capacityProvider }) => capacityProvider)
  return [
    warningAt('capacity-providers-dropped', where, {
      what: `The service ${serviceName} has tasks by the capacity provider strategy of ${listed(names)}, and the AppSpec has none.`,
      why: "To CodeDeploy the AppSpec alone says by which capacity providers: green's tasks have a launch type, and so has the service from then on.",
      how: `Write CapacityProviderStrategy: ${strategyText(strategy)}`,
    }),
  ]
}

function numberFindings(strategy: readonly CapacityProviderStrategyItem[]): readonly Finding[] {
  const what = strategyRefusal(strategy)
  if (what === undefined) return []
  const how =
    'Give at most one provider a Base, and at least one of several a Weight: {CapacityProvider: FARGATE, Weight: 1}.'
  return [errorAt('capacity-provider-strategy', where, { what, why: failsInInstall, how })]
}

function associationFindings(
  strategy: readonly CapacityProviderStrategyItem[],
  associated: readonly string[],
): readonly Finding[] {
  if (associationRefusal(strategy, associated) === undefined) return []
  const missing = strategy.map(({ capacityProvider }) => capacityProvider).filter((name) => !associated.includes(name))
  return [
    errorAt('capacity-provider-missing', where, {
      what: `The AppSpec has the capacity provider ${listed(missing)}; the cluster has ${listed(associated)}.`,
      why: failsInInstall,
      how: 'Associate it: aws ecs put-cluster-capacity-providers --capacity-providers …, or name one that the cluster has.',
    }),
  ]
}

/** As it is written in YAML: `[{CapacityProvider: FARGATE, Base: 1, Weight: 0}]` */
export function strategyText(strategy: readonly CapacityProviderStrategyItem[]): string {
  const items = strategy.map(
    ({ capacityProvider, base = 0, weight = 0 }) =>
      `{CapacityProvider: ${capacityProvider}, Base: ${base}, Weight: ${weight}}`,
  )
  return `[${items.join(', ')}]`
}
