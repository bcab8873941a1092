import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type TestCertificate = { readonly certificate: string; readonly privateKey: string }

type Asked = {
  /** Subject alternative names: `a.example`, `*.b.example`. The first one is the common name too. */
  readonly names: readonly [string, ...string[]]
  readonly key?: 'rsa' | 'ec'
  /** Signs it; it signs itself where there is none. */
  readonly issuer?: TestCertificate
  readonly isAuthority?: boolean
}

/** Makes a certificate with the machine's `openssl`, valid for a hundred days. */
export function makeCertificate({ names, key = 'ec', issuer, isAuthority = false }: Asked): TestCertificate {
  const directory = mkdtempSync(join(tmpdir(), 'teal-certificate-'))
  const file = (name: string): string => join(directory, name)
  const openssl = (...argv: readonly (string | readonly string[])[]): void => {
    execFileSync('openssl', argv.flat(), { cwd: directory, stdio: ['ignore', 'ignore', 'pipe'] })
  }
  try {
    const newKey = key === 'ec' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'] : ['rsa:2048']
    const alternative = names.map((name) => `DNS:${name}`).join(',')
    const from = issuer === undefined ? [] : ['-CA', file('ca.pem'), '-CAkey', file('ca.key')]
    if (issuer !== undefined) {
      writeFileSync(file('ca.pem'), issuer.certificate)
      writeFileSync(file('ca.key'), issuer.privateKey)
    }
    openssl(
      'req',
      '-x509',
      '-nodes',
      ['-newkey', ...newKey],
      ['-keyout', file('key.pem'), '-out', file('certificate.pem')],
      ['-subj', `/O=Teal tests/CN=${names[0]}`, '-addext', `subjectAltName=${alternative}`],
      ['-addext', `basicConstraints=critical,CA:${isAuthority ? 'TRUE' : 'FALSE'}`],
      ['-addext', 'extendedKeyUsage=serverAuth', '-days', '100'],
      from,
    )
    return {
      certificate: readFileSync(file('certificate.pem'), 'utf8'),
      privateKey: readFileSync(file('key.pem'), 'utf8'),
    }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}
