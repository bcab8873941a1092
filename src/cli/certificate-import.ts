import type { CertificateDetail } from '@aws-sdk/client-acm'
import type { Command } from 'commander'
import { readFile } from 'node:fs/promises'
import { awsCommand, awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { certificateAccess, type CertificateAccess } from './certificate-access.ts'
import { CliError } from './exit-code.ts'
import { fileProblem } from './file-problem.ts'
import { columns, dateAndTime } from './text.ts'

type ImportOptions = AwsOptions & {
  readonly certificate: string
  readonly privateKey: string
  readonly chain?: string
  readonly replace?: string
  readonly json: boolean
}

export function certificateImportCommand(): Command {
  return awsCommand('import')
    .summary('import a certificate from files')
    .description(
      'Imports a certificate of PEM files with ImportCertificate. Where the file of the certificate holds several, as ' +
        "certbot's fullchain.pem does, the first one is the certificate and the others are its chain.",
    )
    .requiredOption('--certificate <file>', 'the certificate, in PEM')
    .requiredOption('--private-key <file>', 'its private key, in PEM, without a passphrase')
    .option('--chain <file>', 'the certificates that vouch for it, each signed by the next')
    .option('--replace <arn>', 'put it in the place of this one: listeners that have it show the new one at once')
    .option('--json', 'print it as JSON, as DescribeCertificate answers', false)
    .addHelpText('after', help)
    .action(importCertificate)
}

const help = `
Examples:
  $ openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=localhost \\
      -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem
  $ teal certificate import --certificate cert.pem --private-key key.pem
  $ teal certificate import --certificate fullchain.pem \\
      --private-key privkey.pem \\
      --replace arn:aws:acm:us-east-1:000000000000:certificate/…
${awsHelp}`

async function importCertificate({ json, ...options }: ImportOptions): Promise<void> {
  const given = await readFiles(options)
  const access = await certificateAccess(options)
  try {
    const detail = await send(access, { ...given, CertificateArn: options.replace })
    if (json) console.log(JSON.stringify(detail, undefined, 2))
    else console.log(text(detail))
  } catch (error) {
    throw forAwsUser(error, access)
  }
}

type GivenFiles = {
  readonly Certificate: Uint8Array
  readonly PrivateKey: Uint8Array
  readonly CertificateChain?: Uint8Array
}

async function readFiles({ certificate, privateKey, chain }: Omit<ImportOptions, 'json'>): Promise<GivenFiles> {
  const [body, key, given] = await Promise.all([
    readPem(certificate),
    readPem(privateKey),
    chain === undefined ? undefined : readPem(chain),
  ])
  const [first = body, ...others] = body.match(certificateBlock) ?? []
  if (given !== undefined && others.length > 0) {
    throw new CliError(`${certificate} holds several certificates. Leave --chain out, or all but the first one.`)
  }
  const rest = given ?? (others.length > 0 ? `${others.join('\n')}\n` : undefined)
  return {
    Certificate: Buffer.from(first),
    PrivateKey: Buffer.from(key),
    ...(rest === undefined ? {} : { CertificateChain: Buffer.from(rest) }),
  }
}

const certificateBlock = /-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g

async function readPem(file: string): Promise<string> {
  try {
    return await readFile(file, 'latin1')
  } catch (error) {
    throw fileProblem(file, error)
  }
}

async function send(
  { acm }: CertificateAccess,
  given: GivenFiles & { readonly CertificateArn: string | undefined },
): Promise<CertificateDetail> {
  const { DescribeCertificateCommand, ImportCertificateCommand } = await import('@aws-sdk/client-acm')
  const { CertificateArn } = await acm.send(new ImportCertificateCommand(given))
  const { Certificate } = await acm.send(new DescribeCertificateCommand({ CertificateArn }))
  if (Certificate === undefined) throw new CliError(`nothing is answered about ${CertificateArn}.`)
  return Certificate
}

function text({
  CertificateArn,
  SubjectAlternativeNames = [],
  NotAfter,
  KeyAlgorithm: key,
}: CertificateDetail): string {
  const rows = [
    ['names', SubjectAlternativeNames.join(', ')],
    ['key', String(key)],
    ['valid until', NotAfter === undefined ? '' : dateAndTime(NotAfter)],
  ]
  return [`Imported ${CertificateArn}`, ...columns(rows)].join('\n')
}
