import type { KeyObject, X509Certificate } from 'node:crypto'
import type { Certificate } from '../../domain/certificate.ts'
import { invalid } from './errors.ts'
import { readChain, readOneCertificate, readPrivateKey, type PemCertificate } from './pem.ts'

export type GivenCertificate = {
  readonly Certificate: Uint8Array
  readonly PrivateKey: Uint8Array
  readonly CertificateChain?: Uint8Array | undefined
}

/** ACM's limits for the first two. A chain is sent to the router with every change: no real one is as large as ACM's 2 MiB. */
const largest = { Certificate: 32_768, PrivateKey: 5_120, CertificateChain: 65_536 }

/**
 * A certificate as it was given, checked as far as it can be without trusting anybody: it is X.509 in PEM, valid at
 * `now`, for at least one name, its key is its own, and each of the chain has signed the one before.
 * @throws AwsError ValidationException
 */
export function readCertificate(
  given: GivenCertificate,
  now: number,
): Omit<Certificate, 'certificateArn' | 'importedAt' | 'tags'> {
  checkSizes(given)
  const { pem, x509 } = readOneCertificate(given.Certificate)
  const { pem: privateKey, key } = readPrivateKey(given.PrivateKey)
  const keyAlgorithm = keyAlgorithmOf(x509.publicKey)
  if (!x509.checkPrivateKey(key)) throw invalid('The certificate does not match the private key.')
  checkValidity(x509, now)
  const chain = given.CertificateChain === undefined ? undefined : readChain(given.CertificateChain)
  if (chain === undefined) checkSelfSigned(x509)
  else checkChain([{ pem, x509 }, ...chain])
  const names = namesOf(x509)
  const [domainName] = names
  if (domainName === undefined) {
    throw invalid('The certificate is for no name: it has neither a common name nor a DNS subject alternative name.')
  }
  return {
    domainName,
    names,
    certificate: pem,
    privateKey,
    ...(chain === undefined ? {} : { chain: chain.map((each) => each.pem).join('') }),
    notBefore: x509.validFromDate.getTime(),
    notAfter: x509.validToDate.getTime(),
    serial: (x509.serialNumber.toLowerCase().match(/../g) ?? []).join(':'),
    issuer: organisationOf(x509.issuer),
    subject: x509.subject.split('\n').join(','),
    keyAlgorithm,
    signatureAlgorithm: signatureAlgorithmOf(x509),
  }
}

function checkSizes(given: GivenCertificate): void {
  for (const [field, most] of Object.entries(largest)) {
    const size = given[field as keyof GivenCertificate]?.byteLength ?? 0
    if (size > most) throw invalid(`${field} has ${size} bytes; ${most} are allowed.`)
  }
}

function checkValidity(x509: X509Certificate, now: number): void {
  const [from, to] = [x509.validFromDate, x509.validToDate]
  if (now > to.getTime()) {
    throw invalid(`The certificate has expired: it was valid until ${to.toISOString()}. Import one that is valid.`)
  }
  if (now < from.getTime()) {
    throw invalid(`The certificate is not valid yet: it will be from ${from.toISOString()}. Import it then.`)
  }
}

/** By its signature alone: a server's own certificate mostly says that its key is not for signing others. */
function checkSelfSigned(x509: X509Certificate): void {
  if (x509.subject === x509.issuer && x509.verify(x509.publicKey)) return
  throw invalid(
    'Provided certificate is not a valid self signed. Please provide either a valid self-signed certificate or certificate chain.',
  )
}

function checkChain(chain: readonly PemCertificate[]): void {
  const broken = chain.findIndex(({ x509 }, at) => {
    const before = chain[at - 1]?.x509
    return before !== undefined && !hasIssued(x509, before)
  })
  if (broken < 0) return
  const holdsItself = chain[broken]?.pem === chain[0]?.pem
  throw invalid(
    'Unable to validate certificate chain. The certificate chain must start with the immediate signing certificate, ' +
      `followed by any intermediaries in order. The index within the chain of the invalid certificate is: ${broken - 1}` +
      (holdsItself ? '. It is the certificate itself: leave that out of the chain.' : ''),
  )
}

function hasIssued(issuer: X509Certificate, issued: X509Certificate): boolean {
  return issued.checkIssued(issuer) && issued.verify(issuer.publicKey)
}

/** The common name first, as ACM has it; then the DNS names in the certificate's order. */
function namesOf({ subject, subjectAltName = '' }: X509Certificate): readonly string[] {
  const commonName = /^CN=(.*)$/m.exec(subject)?.[1]
  const alternative = subjectAltName.split(', ').flatMap((name) => /^DNS:(.+)$/.exec(name)?.[1] ?? [])
  const names = [...(commonName === undefined ? [] : [commonName]), ...alternative]
  return [...new Set(names.map((name) => name.toLowerCase()))]
}

function keyAlgorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const { modulusLength = 0, namedCurve = '' } = asymmetricKeyDetails ?? {}
  const name = asymmetricKeyType === 'rsa' ? `RSA_${modulusLength}` : `EC_${namedCurve}`
  if (supported.includes(name)) return name
  const found = asymmetricKeyType === 'rsa' || asymmetricKeyType === 'ec' ? name : (asymmetricKeyType ?? 'unknown')
  throw invalid(`The key algorithm ${found} is not supported. Use one of ${supported.join(', ')}.`)
}

const supported = ['RSA_2048', 'RSA_3072', 'RSA_4096', 'EC_prime256v1', 'EC_secp384r1', 'EC_secp521r1']

/** `SHA256WITHRSA` of OpenSSL's `sha256WithRSAEncryption`, `SHA384WITHECDSA` of `ecdsa-with-SHA384`. */
function signatureAlgorithmOf({ signatureAlgorithm = '' }: X509Certificate): string {
  const ecdsa = /^ecdsa-with-(SHA\d+)$/i.exec(signatureAlgorithm)?.[1]
  if (ecdsa !== undefined) return `${ecdsa.toUpperCase()}WITHECDSA`
  return signatureAlgorithm.replace(/Encryption$/, '').toUpperCase()
}

function organisationOf(name: string): string {
  return /^O=(.*)$/m.exec(name)?.[1] ?? /^CN=(.*)$/m.exec(name)?.[1] ?? name.split('\n').join(',')
}
