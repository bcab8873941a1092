import type * as sdk from '@aws-sdk/client-acm'
import type { Certificate } from '../../domain/certificate.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { pageOfNames } from '../name-pages.ts'
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
      const shown = pageOfNames(asked, orderBy(input), { size: MaxItems, token: NextToken })
      if (shown === undefined) {
        throw refusal('InvalidArgsException', 'NextToken must be the one of the previous answer; begin again.')
      }
      const summaries = shown.items.map((certificate) =>
        certificateSummary(certificate, { now, usedBy: usersOf(store, certificate.certificateArn) }),
      )
      return {
        CertificateSummaryList: summaries,
        ...(shown.token === undefined ? {} : { NextToken: shown.token }),
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

/** When they were imported, the oldest first where nothing else is said. */
function orderBy({ SortBy, SortOrder }: Asked): (certificate: Certificate) => string {
  if ((SortBy === undefined) !== (SortOrder === undefined)) {
    throw refusal('InvalidArgsException', 'SortBy and SortOrder must be given together.')
  }
  const isDescending = SortOrder === 'DESCENDING'
  return ({ certificateArn, importedAt }) => {
    const time = isDescending ? Number.MAX_SAFE_INTEGER - importedAt : importedAt
    return `${String(time).padStart(16, '0')} ${certificateArn}`
  }
}
