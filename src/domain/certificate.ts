/** A certificate imported into ACM, or given to the engine as files. */
export type Certificate = {
  /** `arn:aws:acm:REGION:ACCOUNT:certificate/UUID`. */
  readonly certificateArn: string
  /** The first name it is for. */
  readonly domainName: string
  /** All names it is for, in lower case, the first one among them. */
  readonly names: readonly string[]
  /** PEM, each. */
  readonly certificate: string
  readonly privateKey: string
  readonly chain?: string
  readonly importedAt: number
  readonly notBefore: number
  readonly notAfter: number
  /** Hexadecimal, two digits a byte, with colons. */
  readonly serial: string
  readonly issuer: string
  readonly subject: string
  /** ACM's words: `RSA_2048`, `EC_prime256v1` … */
  readonly keyAlgorithm: string
  readonly signatureAlgorithm: string
  readonly tags: Readonly<Record<string, string>>
}
