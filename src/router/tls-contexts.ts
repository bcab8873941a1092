import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { ListenerTls, ServedCertificate } from '../domain/routing-table.ts'
import { forServerName } from '../domain/server-name.ts'
import { findSslPolicy, type SslPolicy } from '../domain/ssl-policies.ts'

/** Most changes of a table leave TLS as it is: so many settings are kept ready, the last ones asked for. */
const mostKept = 64
const kept = new Map<string, TlsContexts>()

/** The same for the same settings. Throws where OpenSSL does not take the default certificate, or its key. */
export function tlsContextsOf(tls: ListenerTls): TlsContexts {
  const key = JSON.stringify(tls)
  const contexts = kept.get(key) ?? new TlsContexts(tls)
  kept.delete(key)
  kept.set(key, contexts)
  const [oldest] = kept.keys()
  if (kept.size > mostKept && oldest !== undefined) kept.delete(oldest)
  return contexts
}

/**
 * What TLS needs of one version of a listener's settings. The default certificate is made ready at once, each other one
 * when the first client asks for it, so that a change with many certificates holds up nobody.
 */
export class TlsContexts {
  readonly tls: ListenerTls
  /** For `tls.createServer` and `setSecureContext`. */
  readonly defaultOptions: SecureContextOptions
  readonly #policy: SslPolicy
  readonly #made = new Map<ServedCertificate, SecureContext>()
  readonly #kinds = new Map<ServedCertificate, string | undefined>()

  constructor(tls: ListenerTls) {
    const policy = findSslPolicy(tls.sslPolicy)
    if (policy === undefined) throw new Error(`The security policy ${tls.sslPolicy} is not known to this router`)
    this.tls = tls
    this.#policy = policy
    this.defaultOptions = this.#options(tls.certificates[0])
    // Tells now what cannot be used.
    createSecureContext(this.defaultOptions)
  }

  /** Undefined where the default certificate is to be shown. */
  forName(serverName: string): SecureContext | undefined {
    const certificate = this.certificateFor(serverName)
    if (certificate === this.tls.certificates[0]) return undefined
    const made = this.#made.get(certificate) ?? createSecureContext(this.#options(certificate))
    this.#made.set(certificate, made)
    return made
  }

  /**
   * Of several for a name the one with an RSA key, which every client can check: Node does not tell what a client can do
   * before a certificate is chosen.
   */
  certificateFor(serverName: string | undefined): ServedCertificate {
    const fitting = serverName === undefined ? [] : forServerName(this.tls.certificates, serverName)
    const ofRsa = fitting.length > 1 ? fitting.find((each) => this.#kindOf(each) === 'rsa') : undefined
    return ofRsa ?? fitting[0] ?? this.tls.certificates[0]
  }

  #kindOf(served: ServedCertificate): string | undefined {
    if (!this.#kinds.has(served)) {
      this.#kinds.set(served, new X509Certificate(served.certificate).publicKey.asymmetricKeyType)
    }
    return this.#kinds.get(served)
  }

  #options({ certificate, privateKey }: ServedCertificate): SecureContextOptions {
    return { cert: certificate, key: privateKey, ...policyOptions(this.#policy), honorCipherOrder: true }
  }
}

/** What a policy leaves to be negotiated. */
export function policyOptions({ protocols, ciphers, isPostQuantum }: SslPolicy): SecureContextOptions {
  // OpenSSL does not do the older versions at the security level it begins with.
  const level = protocols.includes('TLSv1') || protocols.includes('TLSv1.1') ? ['@SECLEVEL=0'] : []
  return {
    minVersion: protocols[0] ?? 'TLSv1.2',
    maxVersion: protocols.at(-1) ?? 'TLSv1.3',
    ciphers: [...ciphers, ...level].join(':'),
    ecdhCurve: isPostQuantum ? postQuantumGroups : classicalGroups,
  }
}

const classicalGroups = 'X25519:P-256:P-384:P-521'
const postQuantumGroups = `X25519MLKEM768:SecP256r1MLKEM768:SecP384r1MLKEM1024:${classicalGroups}`
