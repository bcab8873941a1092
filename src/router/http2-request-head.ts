import { isForbiddenTrailerName } from './chunk-scan.ts'
/** How the body that follows a head is delimited in HTTP/1.1. */
type RequestFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  /** HTTP/2 need not say a body's length. */
  | { readonly kind: 'chunked' }

export type RequestHead = { readonly method: string; readonly bytes: Buffer; readonly framing: RequestFraming }

const token = /^[!#$%&'*+.^_`|~0-9a-z-]+$/
const methodToken = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
/** Visible ASCII: nothing that could end a request line, or be taken for its end. */
const targetText = /^[\u0021-\u007E\u0080-\u00FF]+$/
/** No controls but the tab, nothing beyond one byte, and no space around it (RFC 9113, 8.2.1). */
const fieldValue = /^(?![ \t])[\t\u0020-\u007E\u0080-\u00FF]*(?<![ \t])$/

/** Of one connection of HTTP/1.1, and malformed in HTTP/2 (RFC 9113, 8.2.2). */
const connectionSpecific = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'])

/**
 * The head of a request as HTTP/1.1 has it, of the fields in the order in which they came; undefined for a malformed one.
 * Nothing in it can be read as anything but what HTTP/2 said: every byte is checked again here, whoever checked before.
 * Names stay lower-case. A body is chunked where the client did not say its length.
 */
export function requestHead(fields: readonly string[], hasBody: boolean): RequestHead | undefined {
  const read = readFields(fields)
  if (read === undefined) return undefined
  const { method = '', path = '', authority, host, lines, cookies, contentLength } = read
  if (!methodToken.test(method)) return undefined
  const isConnect = method === 'CONNECT'
  const target = isConnect ? (authority ?? '') : path
  if (!targetText.test(target) || (!isConnect && !target.startsWith('/') && target !== '*')) return undefined
  const named = authority ?? host
  if (authority !== undefined && host !== undefined && authority.toLowerCase() !== host.toLowerCase()) return undefined
  if (!hasBody && (contentLength ?? 0) > 0) return undefined
  const head = [`${method} ${target} HTTP/1.1`]
  if (named !== undefined) head.push(`host: ${named}`)
  head.push(...lines)
  if (cookies.length > 0) head.push(`cookie: ${cookies.join('; ')}`)
  if (contentLength !== undefined) head.push(`content-length: ${contentLength}`)
  else if (hasBody) head.push('transfer-encoding: chunked')
  return {
    method,
    bytes: Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'),
    framing: framingOf(hasBody, contentLength),
  }
}

/** The end of a chunked body. Trailers that cannot be trailers are left out, as a recipient may do with any of them. */
export function lastChunk(trailers: readonly string[]): Buffer {
  const lines: string[] = ['0']
  for (let at = 0; at + 1 < trailers.length; at += 2) {
    const [name = '', value = ''] = trailers.slice(at, at + 2)
    if (token.test(name) && fieldValue.test(value) && !isNoTrailer(name.replaceAll('_', '-')))
      lines.push(`${name}: ${value}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

/** What no chunked body may have, and more that belongs to a head. */
function isNoTrailer(name: string): boolean {
  return isForbiddenTrailerName(name) || /^(content-.*|proxy-.*|range)$/.test(name)
}

function framingOf(hasBody: boolean, contentLength: number | undefined): RequestFraming {
  if (!hasBody) return { kind: 'none' }
  return contentLength === undefined ? { kind: 'chunked' } : { kind: 'length', bytes: contentLength }
}

type ReadFields = {
  method?: string
  path?: string
  scheme?: string
  authority?: string
  host?: string
  contentLength?: number
  readonly cookies: string[]
  readonly lines: string[]
}

function readFields(fields: readonly string[]): ReadFields | undefined {
  const read: ReadFields = { cookies: [], lines: [] }
  let isRegular = false
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] ?? ''
    const value = fields[at + 1] ?? ''
    if (!fieldValue.test(value)) return undefined
    const isPseudo = name.startsWith(':')
    // Pseudo-headers come first, or something is being hidden behind others.
    if (isPseudo && isRegular) return undefined
    isRegular ||= !isPseudo
    if (!(isPseudo ? readPseudo(read, name, value) : readRegular(read, name, value))) return undefined
  }
  return read
}

/** False for one that is unknown, or comes twice. */
function readPseudo(read: ReadFields, name: string, value: string): boolean {
  const key = pseudoHeaders.get(name)
  if (key === undefined || read[key] !== undefined) return false
  read[key] = value
  return true
}

const pseudoHeaders = new Map<string, 'method' | 'path' | 'scheme' | 'authority'>([
  [':method', 'method'],
  [':path', 'path'],
  [':scheme', 'scheme'],
  [':authority', 'authority'],
])

/** False for a field that no request may have. */
function readRegular(read: ReadFields, name: string, value: string): boolean {
  if (!token.test(name) || connectionSpecific.has(name)) return false
  switch (name) {
    case 'host':
      if (read.host !== undefined) return false
      read.host = value
      return true
    case 'content-length':
      if (read.contentLength !== undefined || !/^\d{1,15}$/.test(value)) return false
      read.contentLength = Number(value)
      return true
    case 'cookie':
      read.cookies.push(value)
      return true
    case 'te':
      // It would speak of the connection to the target, which is another one.
      return value.toLowerCase() === 'trailers'
    default:
      read.lines.push(`${name}: ${value}`)
      return true
  }
}
