import type { IncomingMessage } from 'node:http'
import { valuesOfHeader, type RequestHead } from '../domain/rule-match.ts'

/** A request as the router reads it; `target` is what goes into the request line towards the target. */
export type ReadHead = RequestHead & {
  readonly target: string
  /** As it came, with port; undefined where HTTP/1.0 left it out. */
  readonly hostHeader: string | undefined
}

/** Why the load balancer answers by itself, without looking at rules. */
export type Refusal = { readonly statusCode: 400 | 405 | 414 | 463 | 501 }

const longestRequestLine = 16 * 1024
const longestHeader = 16 * 1024
const mostForwardedAddresses = 30

export function readHead(request: IncomingMessage): ReadHead {
  const uri = request.url ?? '/'
  const absolute = /^https?:\/\/(?<authority>[^/?#]*)(?<rest>[^]*)$/i.exec(uri)?.groups
  const target = absolute === undefined ? uri : originForm(absolute['rest'] ?? '')
  const question = target.indexOf('?')
  // Where the URI is absolute, its host counts and the header does not (RFC 9112, 3.2.2).
  const hostHeader = absolute?.['authority'] ?? request.headers.host
  return {
    method: request.method ?? 'GET',
    target,
    hostHeader,
    host: withoutPort(hostHeader ?? ''),
    path: question < 0 ? target : target.slice(0, question),
    query: question < 0 ? '' : target.slice(question + 1),
    rawHeaders: request.rawHeaders,
    sourceIp: plainAddress(request.socket.remoteAddress ?? ''),
  }
}

/** The answers of 6.3 that need nothing but the head; undefined for a request that may go on. */
export function refusalOf(request: IncomingMessage, head: ReadHead): Refusal | undefined {
  const requestLine = head.method.length + (request.url ?? '').length + ' HTTP/1.1'.length + 1
  if (requestLine > longestRequestLine) return { statusCode: 414 }
  if (head.method === 'TRACE') return { statusCode: 405 }
  const hosts = valuesOfHeader(head.rawHeaders, 'host')
  if (hosts.length > 1 || (hosts.length === 0 && request.httpVersion !== '1.0')) return { statusCode: 400 }
  if (!head.target.startsWith('/') && head.target !== '*') return { statusCode: 400 }
  const hasLongHeader = head.rawHeaders.some(
    (text, at) => at % 2 === 0 && text.length + (head.rawHeaders[at + 1]?.length ?? 0) + 2 > longestHeader,
  )
  if (hasLongHeader) return { statusCode: 400 }
  const encodings = valuesOfHeader(head.rawHeaders, 'transfer-encoding').join(',').toLowerCase()
  if (encodings !== '' && encodings.trim() !== 'chunked') return { statusCode: 501 }
  const forwarded = valuesOfHeader(head.rawHeaders, 'x-forwarded-for').flatMap((value) => value.split(','))
  return forwarded.length > mostForwardedAddresses ? { statusCode: 463 } : undefined
}

function originForm(rest: string): string {
  const withoutFragment = rest.replace(/#.*$/u, '')
  return withoutFragment.startsWith('/') ? withoutFragment : `/${withoutFragment}`
}

function withoutPort(host: string): string {
  return host.replace(/:\d*$/, '')
}

/** Sockets that listen on both families show IPv4 peers in IPv6 clothes. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
