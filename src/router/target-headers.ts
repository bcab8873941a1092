import { valuesOfHeader } from '../domain/rule-match.ts'
import { headerPairs, withoutHopByHop } from './hop-by-hop.ts'
import type { ReadHead } from './request-head.ts'

/** What the headers towards a target tell of the client's connection. */
export type ClientConnection = {
  readonly listenerPort: number
  /** Where the client reached the router; stands in for a missing `Host`. */
  readonly localAddress: string
  readonly isUpgrade: boolean
}

/** The request's headers as a target gets them (reference 6.2), ready to be written: name, value, name, value, … */
export function headersForTarget(head: ReadHead, connection: ClientConnection, newTraceId: () => string): string[] {
  const headers = ['Host', hostForTarget(head.hostHeader ?? connection.localAddress, connection.listenerPort)]
  for (const [name, value] of headerPairs(withoutHopByHop(head.rawHeaders))) {
    if (!replaced.has(name.toLowerCase())) headers.push(name, value)
  }
  const forwardedFor = [...valuesOfHeader(head.rawHeaders, 'x-forwarded-for'), head.sourceIp]
  headers.push('X-Forwarded-For', forwardedFor.join(', '))
  headers.push('X-Forwarded-Proto', 'http')
  headers.push('X-Forwarded-Port', String(connection.listenerPort))
  headers.push('X-Amzn-Trace-Id', traceId(valuesOfHeader(head.rawHeaders, 'x-amzn-trace-id')[0], newTraceId()))
  headers.push(...framing(head, headers))
  if (connection.isUpgrade) headers.push('Connection', 'Upgrade', 'Upgrade', 'websocket')
  return headers
}

const replaced = new Set(['host', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-port', 'x-amzn-trace-id'])

/** A listener on port 80 or 443 takes the port away; every other one adds its own where it is missing. */
function hostForTarget(host: string, listenerPort: number): string {
  const withoutPort = host.replace(/:\d*$/, '')
  if (listenerPort === 80 || listenerPort === 443) return withoutPort
  return withoutPort === host ? `${host}:${listenerPort}` : host
}

/**
 * `fresh` is `1-<8 hex digits of seconds>-<24 hex digits>`. A caller's `Root` stays and gets this hop's `Self` in front;
 * a caller's `Self` is replaced; where there is no `Root`, one begins here.
 */
export function traceId(received: string | undefined, fresh: string): string {
  const fields = (received ?? '')
    .split(';')
    .map((field) => field.trim())
    .filter((field) => field !== '' && !/^Self=/i.test(field))
  if (fields.some((field) => /^Root=/i.test(field))) return [`Self=${fresh}`, ...fields].join(';')
  return [`Root=${fresh}`, ...fields].join(';')
}

/**
 * How the body is delimited on the way to the target: as the client did. A method that usually has a body but came
 * without one says so, because a target would otherwise have to guess.
 */
function framing(head: ReadHead, headers: readonly string[]): readonly string[] {
  if (valuesOfHeader(head.rawHeaders, 'transfer-encoding').length > 0) return ['Transfer-Encoding', 'chunked']
  if (valuesOfHeader(headers, 'content-length').length > 0) return []
  return bodyless.has(head.method) ? [] : ['Content-Length', '0']
}

const bodyless = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE'])
