import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { isIP } from 'node:net'
import type { TargetGroup } from '../../domain/load-balancer.ts'
import type { Engine, TargetAddress } from '../../engine/engine.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { checkRange, invalid, portRange, refusal, refuseGiven } from './errors.ts'
import { findTargetGroup } from './find.ts'
import { limits } from './limits.ts'

export const targets = ({ store, loadBalancing }: Engine) =>
  ({
    async RegisterTargets({ TargetGroupArn, Targets }, call) {
      const targetGroup = findTargetGroup({ store, call }, TargetGroupArn)
      const asked = readTargets(targetGroup, Targets)
      for (const { id } of asked) checkAddress(targetGroup, id)
      checkLimit(targetGroup, asked)
      await loadBalancing.registerTargets(TargetGroupArn, asked)
      return {}
    },

    async DeregisterTargets({ TargetGroupArn, Targets }, call) {
      const targetGroup = findTargetGroup({ store, call }, TargetGroupArn)
      await loadBalancing.deregisterTargets(TargetGroupArn, readTargets(targetGroup, Targets))
      return {}
    },

    DescribeTargetHealth({ TargetGroupArn, Targets = [], Include }, call) {
      refuseGiven('ValidationError', { Include }, 'there is no anomaly detection and no zonal shift: leave it out')
      const targetGroup = findTargetGroup({ store, call }, TargetGroupArn)
      const asked = Targets.length === 0 ? targetGroup.targets : readTargets(targetGroup, Targets)
      const { port: healthCheckPort } = targetGroup.healthCheck
      return {
        TargetHealthDescriptions: asked.map((target) => ({
          Target: describe(targetGroup, target),
          HealthCheckPort: healthCheckPort === 'traffic-port' ? String(target.port) : healthCheckPort,
          TargetHealth: describeHealth(loadBalancing.health(TargetGroupArn, target)),
        })),
      }
    },
  }) satisfies Handlers<typeof sdk>

/** A target without a port has its group's. */
function readTargets(group: TargetGroup, asked: readonly Checked<sdk.TargetDescription>[]): readonly TargetAddress[] {
  if (asked.length === 0) throw invalid('At least one target must be specified')
  return asked.map(({ Id, Port, AvailabilityZone, QuicServerId }) => {
    refuseGiven('ValidationError', { QuicServerId }, 'leave it out')
    return {
      id: Id,
      port: checkRange('Target port', Port ?? group.port, portRange),
      ...(AvailabilityZone === undefined ? {} : { availabilityZone: AvailabilityZone }),
    }
  })
}

function checkAddress({ ipAddressType }: TargetGroup, id: string): void {
  if (isIP(id) === (ipAddressType === 'ipv4' ? 4 : 6)) return
  const version = ipAddressType === 'ipv4' ? 'IPv4' : 'IPv6'
  throw refusal(
    'InvalidTargetException',
    `The target '${id}' is not a valid ${version} address, as the target group needs`,
  )
}

function checkLimit({ targets: present, targetGroupArn }: TargetGroup, asked: readonly TargetAddress[]): void {
  const addresses = new Set([...present, ...asked].map(({ id, port }) => `${id} ${port}`))
  if (addresses.size <= limits.targetsPerTargetGroup) return
  throw refusal(
    'TooManyTargetsException',
    `Target group '${targetGroupArn}' can have '${limits.targetsPerTargetGroup}' targets, not '${addresses.size}'`,
  )
}

function describe({ targets: registered }: TargetGroup, { id, port }: TargetAddress) {
  const known = registered.find((each) => each.id === id && each.port === port)
  const zone = known?.availabilityZone
  return { Id: id, Port: port, ...(zone === undefined ? {} : { AvailabilityZone: zone }) }
}

/** A healthy target has its state and nothing else. */
function describeHealth({ state, reason, description }: ReturnType<Engine['loadBalancing']['health']>) {
  return {
    State: state,
    ...(reason === undefined ? {} : { Reason: reason }),
    ...(description === undefined ? {} : { Description: description }),
  }
}
