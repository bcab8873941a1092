import type { Certificate } from './certificate.ts'
import { isHttp2Enabled } from './load-balancer-attributes.ts'
import type { Listener, LoadBalancer } from './load-balancer.ts'
import type { ListenerTls, ServedCertificate } from './routing-table.ts'
import { defaultSslPolicy } from './ssl-policies.ts'

/** What the listener shows its clients; undefined for one that speaks HTTP, or whose certificates are all gone. */
export function listenerTls(
  listener: Listener,
  loadBalancer: LoadBalancer,
  certificates: readonly Certificate[],
): ListenerTls | undefined {
  if (listener.protocol !== 'HTTPS') return undefined
  const [first, ...others] = (listener.certificateArns ?? []).flatMap((certificateArn) => {
    const certificate = certificates.find((each) => each.certificateArn === certificateArn)
    return certificate === undefined ? [] : [served(certificate)]
  })
  if (first === undefined) return undefined
  return {
    certificates: [first, ...others],
    sslPolicy: listener.sslPolicy ?? defaultSslPolicy,
    http2: isHttp2Enabled(loadBalancer),
  }
}

function served({ certificateArn, names, certificate, chain, privateKey }: Certificate): ServedCertificate {
  const whole = chain === undefined ? certificate : `${certificate.trimEnd()}\n${chain}`
  return { certificateArn, names, certificate: whole, privateKey }
}
