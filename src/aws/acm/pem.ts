import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { invalid } from './errors.ts'

type Block = { readonly label: string; readonly pem: string }

/** The one certificate of a text. `pem` is its block alone: what people write around it is not kept. */
export type PemCertificate = { readonly pem: string; readonly x509: X509Certificate }

/** @throws AwsError ValidationException for no certificate, or several */
export function readOneCertificate(bytes: Uint8Array): PemCertificate {
  const [first, ...others] = certificatesIn(bytes, 'certificate')
  if (others.length > 0) {
    throw invalid(
      'The certificate field contains more than one certificate. You can specify only one certificate in this field.',
    )
  }
  if (first === undefined) throw invalid('The certificate is not in PEM format: it has no BEGIN CERTIFICATE line.')
  return first
}

/** @throws AwsError ValidationException for what is no chain of PEM blocks */
export function readChain(bytes: Uint8Array): readonly PemCertificate[] {
  const chain = certificatesIn(bytes, 'certificate chain')
  if (chain.length === 0) {
    throw invalid('The certificate chain is not in PEM format: it has no BEGIN CERTIFICATE line.')
  }
  return chain
}

/** @throws AwsError ValidationException for what is no private key, or an encrypted one */
export function readPrivateKey(bytes: Uint8Array): { readonly pem: string; readonly key: KeyObject } {
  const block = blocksIn(bytes).find(({ label }) => label.endsWith('PRIVATE KEY'))
  if (block === undefined) throw invalid('The private key is not in PEM format: it has no BEGIN PRIVATE KEY line.')
  if (block.label.startsWith('ENCRYPTED') || block.pem.includes('Proc-Type: 4,ENCRYPTED')) {
    throw invalid('The private key is encrypted. Remove its passphrase first: openssl pkey -in FILE -out PLAIN')
  }
  try {
    return { pem: block.pem, key: createPrivateKey(block.pem) }
  } catch {
    throw invalid('The private key could not be parsed. Export it again as PEM (PKCS #8, PKCS #1 or SEC 1).')
  }
}

function certificatesIn(bytes: Uint8Array, noun: string): readonly PemCertificate[] {
  return blocksIn(bytes)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ pem }) => {
      try {
        return { pem, x509: new X509Certificate(pem) }
      } catch {
        throw invalid(`The ${noun} could not be parsed: a PEM block in it holds no X.509 certificate.`)
      }
    })
}

function blocksIn(bytes: Uint8Array): readonly Block[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----[^]*?-----END \1-----/g)].map(([pem, label = '']) => ({
    label,
    pem: `${pem.replaceAll('\r\n', '\n')}\n`,
  }))
}
