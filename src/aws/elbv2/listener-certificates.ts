import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Listener } from '../../domain/load-balancer.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { invalid, refusal } from './errors.ts'
import { findListener, type Where } from './find.ts'
import { limits } from './limits.ts'
import { publishChangeOrTakeBack } from './listener-changes.ts'
import { checkCertificate } from './listener-security.ts'
import { page } from './pages.ts'

/** The certificates a listener has besides its default one, chosen among by the name a client asks for (SNI). */
export const listenerCertificates = (engine: Engine) => {
  const { store } = engine
  return {
    async AddListenerCertificates({ ListenerArn, Certificates }, call) {
      const listener = findListener({ store, call }, ListenerArn)
      const asked = readCertificates({ store, call }, Certificates)
      if (listener.protocol !== 'HTTPS') throw invalid(`Certificates can be added to HTTPS listeners only`)
      const [first = '', ...added] = listener.certificateArns ?? []
      const all = [...new Set([...added, ...asked])]
      checkLimit(engine, listener, all.length)
      await change(engine, listener, [first, ...all])
      return { Certificates: asked.map((CertificateArn) => ({ CertificateArn, IsDefault: false })) }
    },

    /** One that the listener does not have is no error. */
    async RemoveListenerCertificates({ ListenerArn, Certificates }, call) {
      const listener = findListener({ store, call }, ListenerArn)
      const [first = '', ...added] = listener.certificateArns ?? []
      const asked = Certificates.map(arnOf)
      if (asked.includes(first) && !added.includes(first)) {
        throw refusal(
          'OperationNotPermittedException',
          `Certificate '${first}' is the default one of the listener: replace it with ModifyListener`,
        )
      }
      const kept = added.filter((certificateArn) => !asked.includes(certificateArn))
      if (kept.length < added.length) await change(engine, listener, [first, ...kept])
      return {}
    },

    DescribeListenerCertificates({ ListenerArn, ...request }, call) {
      const { certificateArns = [] } = findListener({ store, call }, ListenerArn)
      const certificates = certificateArns.map((CertificateArn, at) => ({ CertificateArn, IsDefault: at === 0 }))
      const keyOf = ({ CertificateArn, IsDefault }: (typeof certificates)[number]): string =>
        `${IsDefault ? 0 : 1} ${CertificateArn}`
      const { items, ...next } = page(certificates, keyOf, request)
      return { Certificates: items, ...next }
    },
  } satisfies Handlers<typeof sdk>
}

function readCertificates(where: Where, certificates: readonly Checked<sdk.Certificate>[]): readonly string[] {
  if (certificates.length === 0) throw invalid('A certificate must be specified')
  return certificates.map((certificate) => {
    if (certificate.IsDefault === true) throw invalid('The default certificate is set with ModifyListener')
    return checkCertificate(where, arnOf(certificate))
  })
}

function arnOf({ CertificateArn }: Checked<sdk.Certificate>): string {
  if (CertificateArn === undefined) throw invalid('A certificate ARN must be specified')
  return CertificateArn
}

function checkLimit({ store }: Engine, { listenerArn, loadBalancerArn }: Listener, count: number): void {
  const others = store.listeners
    .list()
    .filter((each) => each.loadBalancerArn === loadBalancerArn && each.listenerArn !== listenerArn)
  const present = others.reduce((sum, { certificateArns = [] }) => sum + Math.max(0, certificateArns.length - 1), 0)
  if (present + count <= limits.certificatesPerLoadBalancer) return
  throw refusal(
    'TooManyCertificatesException',
    `A load balancer can have '${limits.certificatesPerLoadBalancer}' certificates besides the default ones, not '${present + count}'`,
  )
}

async function change(engine: Engine, listener: Listener, certificateArns: readonly string[]): Promise<void> {
  const changed = { ...listener, certificateArns }
  engine.store.listeners.put(listener.listenerArn, changed)
  await publishChangeOrTakeBack(engine, { before: listener, changed })
}
