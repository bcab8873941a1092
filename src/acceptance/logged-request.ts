import { parseLoggedExchange } from '../domain/access-log-line.ts'
import { normalUrl } from './normal-url.ts'

/** A request of an access log that a list of URLs may be made of. */
export type LoggedRequest = {
  readonly path: string
  /** What a request without conditions and ranges would have been answered. */
  readonly status: number
  /** Epoch milliseconds. */
  readonly time: number
  readonly host: string
}

/** Why a line says nothing for a list of URLs. */
export type LeftOut =
  | 'no line of an access log'
  | 'other methods than GET and HEAD'
  | 'WebSockets and gRPC'
  | 'errors of the server, and requests that were cut off or turned away'
  | 'requests of acceptance tests'
  | 'secrets in the URL'
  | 'URLs that are not well formed'

/** Whatever was said then, it says nothing about the URL: time-outs, limits, clients that went. */
const passingStatuses = new Set([0, 400, 408, 429, 460, 463, 464, 499])

/** Reads a line of an Application Load Balancer's access log. */
export function loggedRequest(text: string): LoggedRequest | LeftOut {
  const line = parseLoggedExchange(text)
  if (line?.url === undefined) return 'no line of an access log'
  const { type, method, elbStatusCode: status = 0, url, userAgent, time } = line
  if (type !== 'http' && type !== 'https' && type !== 'h2') return 'WebSockets and gRPC'
  if (method !== 'GET' && method !== 'HEAD') return 'other methods than GET and HEAD'
  if (status >= 500 || status < 200 || passingStatuses.has(status)) {
    return 'errors of the server, and requests that were cut off or turned away'
  }
  if (userAgent === 'teal-acceptance') return 'requests of acceptance tests'
  const schemeEnd = url.indexOf('://')
  if (schemeEnd === -1) return 'URLs that are not well formed'
  const hostAt = schemeEnd + 3
  const pathAt = url.indexOf('/', hostAt)
  const path = normalUrl(pathAt === -1 ? '/' : url.slice(pathAt))
  if (path === undefined) return 'URLs that are not well formed'
  if (path === 'secret') return 'secrets in the URL'
  const host = hostOf(url.slice(hostAt, pathAt === -1 ? undefined : pathAt))
  return { path, time, status: unconditional(status), host }
}

/** Without its port; of an address of IPv6 only what stands after its brackets is one. */
function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(':')
  const host = colon === -1 || authority.endsWith(']') ? authority : authority.slice(0, colon)
  return host.toLowerCase()
}

/** 304 and 206 are 200 for whoever has nothing yet and wants all of it. */
function unconditional(status: number): number {
  return status === 304 || status === 206 ? 200 : status
}
