import type { RouteAction } from '../domain/routing-table.ts'
import { bracketed } from './authority.ts'

type Redirect = Extract<RouteAction, { type: 'redirect' }>

/**
 * The `Location` of a redirect, in ASCII: `#{protocol}`, `#{host}`, `#{port}`, `#{path}` and `#{query}` stand for the
 * request's.
 */
export function redirectLocation(
  redirect: Redirect,
  request: { readonly host: string; readonly path: string; readonly query: string },
  reached: { readonly protocol: string; readonly localAddress: string; readonly port: number },
): string {
  const values: Readonly<Record<string, string>> = {
    protocol: reached.protocol,
    // As a target is told: where the request names no host, it is the address at which it came.
    host: request.host === '' ? bracketed(reached.localAddress) : request.host,
    port: String(reached.port),
    // The template brings the leading slash: `/#{path}`.
    path: request.path.replace(/^\//, ''),
    query: request.query,
  }
  const fill = (template: string): string =>
    template.replace(/#\{(protocol|host|port|path|query)\}/g, (_, name: string) => values[name] ?? '')
  const query = fill(redirect.query)
  const address = `${fill(redirect.protocol).toLowerCase()}://${fill(redirect.host)}:${fill(redirect.port)}`
  const location = `${address}${fill(redirect.path)}${query === '' ? '' : `?${query}`}`
  // Put together of what a client sent, it must not become two headers.
  return location.toWellFormed().replace(/[^\u0021-\u007e]/gu, encodeURIComponent)
}
