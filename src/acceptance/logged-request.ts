import { parseAccessLogLine } from '../domain/access-log-line.ts'
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
  const line = parseAccessLogLine(text)
  if (line?.url === undefined) return 'no line of an access log'
  const { type, method, elbStatusCode: status = 0, url, userAgent, time } = line
  if (type !== 'http' && type !== 'https' && type !== 'h2') return 'WebSockets and gRPC'
  if (method !== 'GET' && method !== 'HEAD') return 'other methods than GET and HEAD'
  if (status >= 500 || status < 200 || passingStatuses.has(status)) {
    return 'errors of the server, and requests that were cut off or turned away'
  }
  if (userAgent === 'teal-acceptance') return 'requests of acceptance tests'
  const [, host = '', target = '/'] = /^[a-z0-9]+:\/\/([^/]*)(\/[^]*)?$/i.exec(url) ?? []
  const path = normalUrl(target)
  if (path === undefined) return 'URLs that are not well formed'
  if (path === 'secret') return 'secrets in the URL'
  return { path, time, status: unconditional(status), host: host.replace(/:\d+$/, '').toLowerCase() }
}

/** 304 and 206 are 200 for whoever has nothing yet and wants all of it. */
function unconditional(status: number): number {
  return status === 304 || status === 206 ? 200 : status
}
