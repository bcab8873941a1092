import type * as sdk from '@aws-sdk/client-acm'
import { X509Certificate } from 'node:crypto'
import type { Certificate } from '../../domain/certificate.ts'
import type { Answer } from '../handlers.ts'

/** A certificate as DescribeCertificate answers it. */
export function certificateDetail(
  certificate: Certificate,
  { now, usedBy }: { readonly now: number; readonly usedBy: readonly string[] },
): Answer<sdk.CertificateDetail> {
  return {
    CertificateArn: certificate.certificateArn,
    DomainName: certificate.domainName,
    SubjectAlternativeNames: certificate.names,
    Serial: certificate.serial,
    Subject: certificate.subject,
    Issuer: certificate.issuer,
    CreatedAt: new Date(certificate.importedAt),
    ImportedAt: new Date(certificate.importedAt),
    Status: statusOf(certificate, now),
    NotBefore: new Date(certificate.notBefore),
    NotAfter: new Date(certificate.notAfter),
    KeyAlgorithm: certificate.keyAlgorithm as sdk.KeyAlgorithm,
    SignatureAlgorithm: certificate.signatureAlgorithm,
    InUseBy: usedBy,
    Type: 'IMPORTED',
    ExtendedKeyUsages: extendedKeyUsages(certificate).map(([OID, Name]) => ({ OID, Name })),
    RenewalEligibility: 'INELIGIBLE',
    CertificateKeyPairOrigin: 'CUSTOMER_PROVIDED',
    Options: { CertificateTransparencyLoggingPreference: 'DISABLED' },
  }
}

/** A certificate as ListCertificates answers it, with a hundred of its names at most. */
export function certificateSummary(
  certificate: Certificate,
  { now, usedBy }: { readonly now: number; readonly usedBy: readonly string[] },
): Answer<sdk.CertificateSummary> {
  return {
    CertificateArn: certificate.certificateArn,
    DomainName: certificate.domainName,
    SubjectAlternativeNameSummaries: certificate.names.slice(0, 100),
    HasAdditionalSubjectAlternativeNames: certificate.names.length > 100,
    Status: statusOf(certificate, now),
    Type: 'IMPORTED',
    KeyAlgorithm: certificate.keyAlgorithm as sdk.KeyAlgorithm,
    ExtendedKeyUsages: extendedKeyUsages(certificate).map(([, name]) => name),
    InUse: usedBy.length > 0,
    RenewalEligibility: 'INELIGIBLE',
    CertificateKeyPairOrigin: 'CUSTOMER_PROVIDED',
    NotBefore: new Date(certificate.notBefore),
    NotAfter: new Date(certificate.notAfter),
    CreatedAt: new Date(certificate.importedAt),
    ImportedAt: new Date(certificate.importedAt),
  }
}

export function statusOf({ notAfter }: Certificate, now: number): 'ISSUED' | 'EXPIRED' {
  return now > notAfter ? 'EXPIRED' : 'ISSUED'
}

/** What the certificate says it may be used for, by OID; Node calls these its key usage. */
export function extendedKeyUsages({
  certificate,
}: Certificate): readonly (readonly [oid: string, name: sdk.ExtendedKeyUsageName])[] {
  const { keyUsage } = new X509Certificate(certificate) as { readonly keyUsage: readonly string[] | undefined }
  if (keyUsage === undefined) return []
  return keyUsage.map((oid) => [oid, usageNames[oid] ?? 'CUSTOM'])
}

const usageNames: Readonly<Record<string, sdk.ExtendedKeyUsageName>> = {
  '1.3.6.1.5.5.7.3.1': 'TLS_WEB_SERVER_AUTHENTICATION',
  '1.3.6.1.5.5.7.3.2': 'TLS_WEB_CLIENT_AUTHENTICATION',
  '1.3.6.1.5.5.7.3.3': 'CODE_SIGNING',
  '1.3.6.1.5.5.7.3.4': 'EMAIL_PROTECTION',
  '1.3.6.1.5.5.7.3.8': 'TIME_STAMPING',
  '1.3.6.1.5.5.7.3.9': 'OCSP_SIGNING',
  '2.5.29.37.0': 'ANY',
}
