import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { capacityProviderFindings } from '../../../src/domain/preflight/capacity-provider-findings.ts'
import type { AppSpecFacts, ServiceFacts } from '../../../src/domain/preflight/facts.ts'
import type { CapacityProviderStrategyItem } from '../../../src/domain/service.ts'

const spot = { capacityProvider: 'FARGATE_SPOT', weight: 1 }
const onDemand = { capacityProvider: 'FARGATE', base: 1 }

describe('before a deployment, the capacity providers', () => {
  test('of the service are told to be lost where the AppSpec says nothing of them', () => {
    const [finding, ...others] = found({ ofService: [onDemand, spot] })
    assert.deepEqual(others, [])
    assert.equal(finding?.code, 'capacity-providers-dropped')
    assert.equal(finding.severity, 'warning')
    assert.match(
      finding.what,
      /^The service hello has tasks by the capacity provider strategy of FARGATE and FARGATE_SPOT,/,
    )
    assert.equal(
      finding.how,
      'Write CapacityProviderStrategy: [{CapacityProvider: FARGATE, Base: 1, Weight: 0}, {CapacityProvider: FARGATE_SPOT, Base: 0, Weight: 1}]',
    )
    assert.deepEqual(found({}), [])
    assert.deepEqual(found({ ofService: [spot], ofAppSpec: [spot], associated: ['FARGATE_SPOT'] }), [])
  })

  test('of the AppSpec must be those of the cluster, where anybody could look', () => {
    const [finding, ...others] = found({ ofAppSpec: [onDemand, spot], associated: ['FARGATE'] })
    assert.deepEqual(others, [])
    assert.equal(finding?.code, 'capacity-provider-missing')
    assert.equal(finding.severity, 'error')
    assert.equal(finding.what, 'The AppSpec has the capacity provider FARGATE_SPOT; the cluster has FARGATE.')
    assert.deepEqual(found({ ofAppSpec: [onDemand, spot] }), [])
  })

  test('must leave a place for tasks', () => {
    const [finding] = found({
      ofAppSpec: [
        { ...onDemand, base: 0 },
        { ...spot, weight: 0 },
      ],
    })
    assert.equal(finding?.code, 'capacity-provider-strategy')
    assert.match(finding.what, /needs a weight greater than 0/)
    const [twoBases] = found({ ofAppSpec: [onDemand, { ...spot, base: 2 }] })
    assert.match(twoBases?.what ?? '', /Only one capacity provider/)
  })
})

type Wishes = {
  readonly ofService?: readonly CapacityProviderStrategyItem[]
  readonly ofAppSpec?: readonly CapacityProviderStrategyItem[]
  readonly associated?: readonly string[]
}

function found({ ofService = [], ofAppSpec = [], associated }: Wishes): ReturnType<typeof capacityProviderFindings> {
  const appSpec = { capacityProviderStrategy: ofAppSpec } as AppSpecFacts
  const service = { serviceName: 'hello', capacityProviderStrategy: ofService } as ServiceFacts
  return capacityProviderFindings({
    appSpec: { kind: 'found', thing: appSpec },
    service: { kind: 'found', thing: service },
    capacityProviders: associated === undefined ? { kind: 'unasked' } : { kind: 'found', thing: associated },
  })
}
