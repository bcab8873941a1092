import { AwsError } from '../../domain/aws-error.ts'

/**
 * Takes an `aws-chunked` body apart: `<length in hexadecimal>[;chunk-signature=…]\r\n<bytes>\r\n`, ended by a chunk of no
 * length, after which trailers may stand (`x-amz-checksum-crc32: …`). Signatures of chunks are not verified.
 *
 * @throws AwsError IncompleteBody, InvalidRequest
 */
export function decodeAwsChunked(encoded: Buffer): { body: Buffer; trailers: Record<string, string> } {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const end = encoded.indexOf('\r\n', at)
    if (end === -1) throw incomplete()
    const length = chunkLength(encoded.toString('latin1', at, end))
    at = end + 2
    if (length === 0) return { body: Buffer.concat(chunks), trailers: readTrailers(encoded.toString('latin1', at)) }
    if (at + length + 2 > encoded.length) throw incomplete()
    chunks.push(encoded.subarray(at, at + length))
    at += length
    if (encoded.toString('latin1', at, at + 2) !== '\r\n') throw malformed('A chunk is longer than it says')
    at += 2
  }
}

function chunkLength(line: string): number {
  const [, digits] = /^([0-9a-f]{1,8})(?:;.*)?$/i.exec(line) ?? []
  if (digits === undefined) throw malformed(`'${line.slice(0, 40)}' is not the beginning of a chunk`)
  return Number.parseInt(digits, 16)
}

function readTrailers(text: string): Record<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => line.includes(':'))
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).trim().toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  )
}

const incomplete = (): AwsError =>
  new AwsError('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length HTTP header.')

const malformed = (what: string): AwsError =>
  new AwsError('InvalidRequest', `The request's body is not aws-chunked: ${what}.`)
