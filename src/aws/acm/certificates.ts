import type * as sdk from '@aws-sdk/client-acm'
import type { Certificate } from '../../domain/certificate.ts'
import { arn } from '../../domain/identifiers.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Call, Handlers } from '../handlers.ts'
import { certificateDetail } from './certificate-answers.ts'
import { invalid, refusal } from './errors.ts'
import { findCertificate, isIn, usersOf } from './find.ts'
import { readCertificate } from './read-certificate.ts'
import { readTags } from './tags.ts'

/** ACM's quota of imported certificates. */
const mostCertificates = 2_500

export const certificates = ({ store, clock, chance, loadBalancing }: Engine) =>
  ({
    async ImportCertificate({ CertificateArn, Tags, ...given }, call) {
      const former = CertificateArn === undefined ? undefined : findCertificate({ store, call }, CertificateArn)
      if (former !== undefined && Tags !== undefined) throw invalid('Tagging is not permitted on re-import.')
      const now = clock.now()
      const read = readCertificate(given, now)
      if (former === undefined) checkQuota(store.certificates.list(), call)
      else checkReplacement(former, read)
      const certificateArn = former?.certificateArn ?? arn.certificate(call, chance.uuid())
      const tags = former?.tags ?? readTags(Tags)
      store.certificates.put(certificateArn, { ...read, certificateArn, importedAt: now, tags })
      if (usersOf(store, certificateArn).length > 0) await loadBalancing.publish()
      return { CertificateArn: certificateArn }
    },

    DescribeCertificate({ CertificateArn }, call) {
      const certificate = findCertificate({ store, call }, CertificateArn)
      const usedBy = usersOf(store, CertificateArn)
      return { Certificate: certificateDetail(certificate, { now: clock.now(), usedBy }) }
    },

    /** Never the private key. */
    GetCertificate({ CertificateArn }, call) {
      const { certificate, chain } = findCertificate({ store, call }, CertificateArn)
      return { Certificate: certificate, ...(chain === undefined ? {} : { CertificateChain: chain }) }
    },

    DeleteCertificate({ CertificateArn }, call) {
      findCertificate({ store, call }, CertificateArn)
      const usedBy = usersOf(store, CertificateArn)
      if (usedBy.length > 0) {
        throw refusal(
          'ResourceInUseException',
          `Certificate ${CertificateArn} is in use by ${usedBy.join(', ')}. Take it from the listeners first.`,
        )
      }
      store.certificates.delete(CertificateArn)
      return {}
    },
  }) satisfies Handlers<typeof sdk>

function checkQuota(all: readonly Certificate[], call: Call): void {
  const count = all.filter(({ certificateArn }) => isIn(call, certificateArn)).length
  if (count < mostCertificates) return
  throw refusal(
    'LimitExceededException',
    `You have reached the maximum number of certificates, ${mostCertificates}. Delete certificates that are not in use.`,
  )
}

/** What ACM keeps of a certificate that is replaced: type and size of its key. */
function checkReplacement(former: Certificate, { keyAlgorithm }: Pick<Certificate, 'keyAlgorithm'>): void {
  if (former.keyAlgorithm === keyAlgorithm) return
  throw invalid(
    `The key type and size of a certificate cannot change when it is imported again: it has ${former.keyAlgorithm}, ` +
      `not ${keyAlgorithm}. Import it as a new certificate.`,
  )
}
