/** What a security policy of Elastic Load Balancing lets clients negotiate. */
export type SslPolicy = {
  readonly name: string
  /** Oldest first. */
  readonly protocols: readonly TlsVersion[]
  /** OpenSSL's names, the most preferred first; the load balancer's order decides, not the client's. */
  readonly ciphers: readonly string[]
  /** Whether a hybrid post-quantum key exchange is offered beside the classical ones. */
  readonly isPostQuantum: boolean
}

type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

/** Of a listener made through the API without saying which; the console, which is not this API, has another one. */
export const defaultSslPolicy = 'ELBSecurityPolicy-2016-08'

const tls13 = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']
/** With forward secrecy and authenticated encryption. */
const strong = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
]
/** With forward secrecy. */
const forward = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA384',
]
/** With forward secrecy, also for the oldest clients. */
const oldForward = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA',
  'ECDHE-ECDSA-AES256-SHA',
]
const plain = ['AES128-GCM-SHA256', 'AES128-SHA256', 'AES256-GCM-SHA384', 'AES256-SHA256']
const oldPlain = [
  'AES128-GCM-SHA256',
  'AES128-SHA256',
  'AES128-SHA',
  'AES256-GCM-SHA384',
  'AES256-SHA256',
  'AES256-SHA',
]

const versions: readonly TlsVersion[] = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']

function policy(suffix: string, oldest: TlsVersion, newest: TlsVersion, ...ciphers: readonly string[][]): SslPolicy {
  return {
    name: `ELBSecurityPolicy-${suffix}`,
    protocols: versions.slice(versions.indexOf(oldest), versions.indexOf(newest) + 1),
    ciphers: ciphers.flat(),
    isPostQuantum: suffix.includes('-PQ-'),
  }
}

/**
 * The policies of an Application Load Balancer, but for those which ask for a validated FIPS module and the one with
 * triple DES: neither can be had here.
 */
export const sslPolicies: readonly SslPolicy[] = [
  policy('2016-08', 'TLSv1', 'TLSv1.2', oldForward, oldPlain),
  policy('TLS13-1-3-PQ-2025-09', 'TLSv1.3', 'TLSv1.3', tls13),
  policy('TLS13-1-2-Res-PQ-2025-09', 'TLSv1.2', 'TLSv1.3', tls13, strong),
  policy('TLS13-1-2-PQ-2025-09', 'TLSv1.2', 'TLSv1.3', tls13, forward),
  policy('TLS13-1-2-Ext1-PQ-2025-09', 'TLSv1.2', 'TLSv1.3', tls13, forward, plain),
  policy('TLS13-1-2-Ext2-PQ-2025-09', 'TLSv1.2', 'TLSv1.3', tls13, oldForward, oldPlain),
  policy('TLS13-1-3-2021-06', 'TLSv1.3', 'TLSv1.3', tls13),
  policy('TLS13-1-2-Res-2021-06', 'TLSv1.2', 'TLSv1.3', tls13, strong),
  policy('TLS13-1-2-2021-06', 'TLSv1.2', 'TLSv1.3', tls13, forward),
  policy('TLS13-1-2-Ext1-2021-06', 'TLSv1.2', 'TLSv1.3', tls13, forward, plain),
  policy('TLS13-1-2-Ext2-2021-06', 'TLSv1.2', 'TLSv1.3', tls13, oldForward, oldPlain),
  policy('TLS13-1-1-2021-06', 'TLSv1.1', 'TLSv1.3', tls13, oldForward, oldPlain),
  policy('TLS13-1-0-2021-06', 'TLSv1', 'TLSv1.3', tls13, oldForward, oldPlain),
  policy('TLS-1-2-2017-01', 'TLSv1.2', 'TLSv1.2', forward, plain),
  policy('TLS-1-2-Ext-2018-06', 'TLSv1.2', 'TLSv1.2', oldForward, oldPlain),
  policy('TLS-1-1-2017-01', 'TLSv1.1', 'TLSv1.2', oldForward, oldPlain),
  policy('FS-1-2-Res-2020-10', 'TLSv1.2', 'TLSv1.2', strong),
  policy('FS-1-2-Res-2019-08', 'TLSv1.2', 'TLSv1.2', forward),
  policy('FS-1-2-2019-08', 'TLSv1.2', 'TLSv1.2', oldForward),
  policy('FS-1-1-2019-08', 'TLSv1.1', 'TLSv1.2', oldForward),
  policy('FS-2018-06', 'TLSv1', 'TLSv1.2', oldForward),
  policy('2015-05', 'TLSv1', 'TLSv1.2', oldForward, oldPlain),
]

export function findSslPolicy(name: string): SslPolicy | undefined {
  return sslPolicies.find((each) => each.name === name)
}
