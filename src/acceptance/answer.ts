import type { IncomingHttpHeaders } from 'node:http'

/** An answer, as far as anybody asked for it. */
export type Answer = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** How long its body is. */
  readonly bytes: number
  /** Where it was to be kept: as much of it as is kept of any. */
  readonly body: Buffer | undefined
  /** From the beginning of the request to the last byte of the answer. */
  readonly milliseconds: number
}

/** Why there is no answer, in words that are the same for all URLs that fail for that reason. */
export class RequestFailure extends Error {
  override readonly name = 'RequestFailure'
}

/** What is thrown for a socket, in words. */
export function requestFailureOf(error: unknown): RequestFailure {
  if (error instanceof RequestFailure) return error
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const message = error instanceof Error ? error.message : String(error)
  const text = wordsOf[code] ?? (code.startsWith('HPE_') ? `an answer that is no HTTP (${code})` : message)
  return new RequestFailure(text, { cause: error })
}

const wordsOf: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection closed without an answer',
  EPIPE: 'connection closed without an answer',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name could not be looked up',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connection timed out',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate cannot be verified',
  CERT_HAS_EXPIRED: 'certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'certificate is for another name',
  EPROTO: 'no TLS is spoken there',
}
