import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { parseArn } from '../../domain/identifiers.ts'
import type { Listener } from '../../domain/load-balancer.ts'
import { defaultSslPolicy, findSslPolicy } from '../../domain/ssl-policies.ts'
import type { Checked } from '../handlers.ts'
import { invalid, refusal, refuseGiven, unsupported } from './errors.ts'
import { isIn, type Where } from './find.ts'

/** How a listener speaks with its clients. */
export type ListenerSecurity = Pick<Listener, 'protocol' | 'certificateArns' | 'sslPolicy'>

type AskedSecurity = Pick<
  Checked<sdk.CreateListenerInput>,
  'Protocol' | 'SslPolicy' | 'Certificates' | 'AlpnPolicy' | 'MutualAuthentication'
>

/**
 * The protocol of a listener, and what belongs to TLS where it is HTTPS. What is left out stays as `former` has it; a
 * listener that goes over to HTTP loses its certificates and its policy.
 */
export function readSecurity(where: Where, asked: AskedSecurity, former?: ListenerSecurity): ListenerSecurity {
  const { Protocol = former?.protocol, AlpnPolicy = [], MutualAuthentication } = asked
  if (Protocol === undefined) throw invalid('A protocol must be specified')
  if (Protocol === 'HTTP') {
    checkPlain(asked)
    return { protocol: 'HTTP' }
  }
  if (Protocol !== 'HTTPS') {
    throw unsupported('UnsupportedProtocolException', 'Protocol', Protocol, 'use HTTP or HTTPS')
  }
  if (AlpnPolicy.length > 0) {
    throw invalid(`ALPN policy '${AlpnPolicy.join(', ')}' is for TLS listeners of Network Load Balancers: leave it out`)
  }
  checkMutualAuthentication(MutualAuthentication)
  return {
    protocol: 'HTTPS',
    certificateArns: certificatesOf(where, asked, former),
    sslPolicy: sslPolicyOf(asked, former),
  }
}

/** The certificate exists, in ACM and in this region. */
export function checkCertificate({ store, call }: Where, certificateArn: string): string {
  if (parseArn(certificateArn)?.service === 'iam') {
    const advice = 'import the certificate into ACM, and give its ARN there'
    throw unsupported('CertificateNotFoundException', 'CertificateArn', certificateArn, advice)
  }
  if (isIn(call, certificateArn) && store.certificates.has(certificateArn)) return certificateArn
  throw refusal('CertificateNotFoundException', `Certificate '${certificateArn}' not found`)
}

/** HTTP without TLS, and nothing that belongs to TLS. */
function checkPlain({ SslPolicy, Certificates, AlpnPolicy, MutualAuthentication }: AskedSecurity): void {
  const isMutual = MutualAuthentication !== undefined && MutualAuthentication.Mode !== 'off'
  const ofTls = {
    SslPolicy,
    Certificates,
    AlpnPolicy,
    MutualAuthentication: isMutual ? MutualAuthentication : undefined,
  }
  refuseGiven('InvalidConfigurationRequestException', ofTls, 'an HTTP listener does not take it: leave it out')
}

function checkMutualAuthentication(asked: AskedSecurity['MutualAuthentication']): void {
  if (asked === undefined) return
  const { Mode = 'off', ...others } = asked
  if (Mode !== 'off') {
    throw unsupported('InvalidConfigurationRequestException', 'MutualAuthentication.Mode', Mode, "use 'off'")
  }
  refuseGiven('InvalidConfigurationRequestException', others, "with the mode 'off' it has no meaning: leave it out")
}

/** The default certificate, then those that were added for SNI, which stay as they are. */
function certificatesOf(
  where: Where,
  { Certificates = [] }: AskedSecurity,
  former: ListenerSecurity | undefined,
): readonly string[] {
  const [formerDefault, ...added] = former?.certificateArns ?? []
  if (Certificates.length > 1) {
    throw refusal(
      'TooManyCertificatesException',
      'Exactly one certificate, the default one, can be specified; add others with AddListenerCertificates',
    )
  }
  const [asked] = Certificates
  if (asked?.IsDefault !== undefined) throw invalid('IsDefault cannot be specified: the one certificate is the default')
  const chosen = asked?.CertificateArn ?? formerDefault
  if (chosen === undefined) throw invalid('A certificate must be specified for HTTPS listeners')
  return [checkCertificate(where, chosen), ...added]
}

function sslPolicyOf({ SslPolicy }: AskedSecurity, former: ListenerSecurity | undefined): string {
  const name = SslPolicy ?? former?.sslPolicy ?? defaultSslPolicy
  if (findSslPolicy(name) === undefined) throw refusal('SSLPolicyNotFoundException', unknownSslPolicy(name))
  return name
}

/** Also what DescribeSSLPolicies says. */
export function unknownSslPolicy(name: string): string {
  const missing = name.includes('FIPS') ? 'FIPS module' : name === 'ELBSecurityPolicy-TLS-1-0-2015-04' && 'triple DES'
  const reason = missing === false ? '' : `: its ${missing} is not to be had here`
  return `SSL policy '${name}' not found${reason}. DescribeSSLPolicies lists those there are`
}
