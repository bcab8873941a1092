import type { CertificateSummary } from '@aws-sdk/client-acm'
import type { Command } from 'commander'
import { awsCommand, awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { certificateAccess, type CertificateAccess } from './certificate-access.ts'
import { table, dateAndTime } from './text.ts'

type ListOptions = AwsOptions & { readonly json: boolean }

export function certificateListCommand(): Command {
  return awsCommand('list')
    .summary('list the certificates')
    .description('Lists the certificates of the region, with every kind of key.')
    .option('--json', 'print them as JSON, as ListCertificates answers', false)
    .addHelpText('after', awsHelp)
    .action(list)
}

async function list({ json, ...options }: ListOptions): Promise<void> {
  const access = await certificateAccess(options)
  try {
    const summaries = await all(access)
    if (json) console.log(JSON.stringify(summaries, undefined, 2))
    else if (summaries.length === 0)
      console.log(`There are no certificates in ${await access.region()} at ${access.endpoint()}.`)
    else console.log(table([heading, ...summaries.map(row)]).join('\n'))
  } catch (error) {
    throw forAwsUser(error, access)
  }
}

/** ListCertificates shows only some kinds of keys unless it is asked for each. */
async function all({ acm }: CertificateAccess): Promise<readonly CertificateSummary[]> {
  const { KeyAlgorithm, paginateListCertificates } = await import('@aws-sdk/client-acm')
  const summaries: CertificateSummary[] = []
  const input = { Includes: { keyTypes: Object.values(KeyAlgorithm) } }
  for await (const page of paginateListCertificates({ client: acm }, input)) {
    summaries.push(...(page.CertificateSummaryList ?? []))
  }
  return summaries
}

const heading = ['NAME', 'STATUS', 'IN USE', 'VALID UNTIL', 'ARN']

function row({ DomainName, Status, InUse, NotAfter, CertificateArn }: CertificateSummary): readonly string[] {
  const until = NotAfter === undefined ? '' : dateAndTime(NotAfter)
  return [DomainName ?? '', Status ?? '', InUse === true ? 'yes' : 'no', until, CertificateArn ?? '']
}
