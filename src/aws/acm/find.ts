import type { Certificate } from '../../domain/certificate.ts'
import { parseArn } from '../../domain/identifiers.ts'
import type { Store } from '../../engine/store.ts'
import type { Call } from '../handlers.ts'
import { refusal } from './errors.ts'

/** @throws AwsError InvalidArnException, ResourceNotFoundException */
export function findCertificate({ store, call }: { store: Store; call: Call }, certificateArn: string): Certificate {
  const parts = parseArn(certificateArn)
  if (parts?.service !== 'acm' || !parts.resource.startsWith('certificate/')) {
    throw refusal('InvalidArnException', `The ARN '${certificateArn}' is not that of a certificate.`)
  }
  const found = isIn(call, certificateArn) ? store.certificates.get(certificateArn) : undefined
  if (found === undefined) throw refusal('ResourceNotFoundException', `Could not find certificate ${certificateArn}.`)
  return found
}

export function isIn({ region, accountId }: Call, certificateArn: string): boolean {
  const parts = parseArn(certificateArn)
  return parts?.region === region && parts.accountId === accountId
}

/** The ARNs of the load balancers whose listeners have the certificate. */
export function usersOf(store: Store, certificateArn: string): readonly string[] {
  const listeners = store.listeners.list().filter((listener) => listener.certificateArns?.includes(certificateArn))
  return [...new Set(listeners.map(({ loadBalancerArn }) => loadBalancerArn))]
}
