import type * as sdk from '@aws-sdk/client-acm'
import type { Certificate } from '../../domain/certificate.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { certificateSummary, extendedKeyUsages, statusOf } from './certificate-answers.ts'
import { refusal, unsupported } from './errors.ts'
import { isIn, usersOf } from './find.ts'

const largestPage = 1_000

export const listings = ({ store, clock }: Engine) =>
  ({
    /** Without `Includes.keyTypes` only RSA keys up to 2048 bits are listed: ACM's own surprise. */
    ListCertificates(input, call) {
      const { NextToken, MaxItems = largestPage } = input
      if (!(MaxItems >= 1 && MaxItems <= largestPage)) {
        throw refusal('InvalidArgsException', `MaxItems '${MaxItems}' must be between 1 and ${largestPage}.`)
      }
      const now = clock.now()
      const inRegion = store.certificates.list().filter(({ certificateArn }) => isIn(call, certificateArn))
      const asked = inRegion.filter((certificate) => isAsked(certificate, input, now))
      const sorted = inOrder(asked, input)
      const start = startOf(sorted, NextToken)
      const shown = sorted.slice(start, start + MaxItems)
      const last = start + shown.length < sorted.length ? shown.at(-1) : undefined
      const summaries = shown.map((certificate) =>
        certificateSummary(certificate, { now, usedBy: usersOf(store, certificate.certificateArn) }),
      )
      return {
        CertificateSummaryList: summaries,
        ...(last === undefined ? {} : { NextToken: tokenFor(last) }),
      }
    },
  }) satisfies Handlers<typeof sdk>

type Asked = Checked<sdk.ListCertificatesRequest>

function isAsked(certificate: Certificate, input: Asked, now: number): boolean {
  const { CertificateStatuses = [], CertificateKeyPairOrigins = [], Includes = {} } = input
  const { keyTypes = defaultKeyTypes, extendedKeyUsage = [], keyUsage = [], exportOption, managedBy } = Includes
  if (keyUsage.length > 0 && !keyUsage.includes('ANY')) throw unsupported('Includes.keyUsage', 'leave it out')
  const usages = extendedKeyUsages(certificate).map(([, name]) => name)
  return (
    (CertificateStatuses.length === 0 || CertificateStatuses.includes(statusOf(certificate, now))) &&
    (CertificateKeyPairOrigins.length === 0 || CertificateKeyPairOrigins.includes('CUSTOMER_PROVIDED')) &&
    keyTypes.some((type) => type === certificate.keyAlgorithm) &&
    (extendedKeyUsage.length === 0 || extendedKeyUsage.some((each) => each === 'ANY' || usages.includes(each))) &&
    exportOption !== 'ENABLED' &&
    managedBy === undefined
  )
}

const defaultKeyTypes: readonly sdk.KeyAlgorithm[] = ['RSA_1024', 'RSA_2048']

function inOrder(certificates: readonly Certificate[], { SortBy, SortOrder }: Asked): readonly Certificate[] {
  if ((SortBy === undefined) !== (SortOrder === undefined)) {
    throw refusal('InvalidArgsException', 'SortBy and SortOrder must be given together.')
  }
  const direction = SortOrder === 'DESCENDING' ? -1 : 1
  const byTime = certificates.toSorted((one, other) => direction * (one.importedAt - other.importedAt))
  return SortBy === undefined ? certificates : byTime
}

function startOf(sorted: readonly Certificate[], token: string | undefined): number {
  if (token === undefined) return 0
  const at = sorted.findIndex((certificate) => tokenFor(certificate) === token)
  if (at < 0) throw refusal('InvalidArgsException', 'NextToken must be the one of the previous answer; begin again.')
  return at + 1
}

function tokenFor({ certificateArn }: Certificate): string {
  return Buffer.from(certificateArn).toString('base64url')
}
