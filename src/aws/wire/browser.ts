import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import type { AwsService } from '../handlers.ts'

/**
 * Whether a web page of another site sends the request. Browsers add `Origin` to every request that could have an
 * effect; AWS clients never do. A page of our own has the host it was loaded from, which must be an address, `localhost`
 * or the name that is served: any other could be pointed at this machine by whoever owns it.
 */
export function isFromAnotherSite(headers: IncomingHttpHeaders, servedName?: string): boolean {
  const { origin, host } = headers
  if (origin === undefined) return false
  if (!URL.canParse(origin)) return true
  const { host: originHost, hostname } = new URL(origin)
  const isOwn = hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === servedName?.toLowerCase()
  return originHost !== host || !(isOwn || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0)
}

/**
 * Why whoever asks by this host is not answered, where it may be one that somebody else has pointed at this machine: a
 * browser asks it as its page's own. Names that only this machine or its network gives, and the one that the endpoint was
 * told to serve, are nobody else's.
 */
export function foreignNameRefusal(host: string | undefined, servedName?: string): string | undefined {
  if (host === undefined || !mayBeForeignName(host, servedName)) return undefined
  return `Refused: ${host} may be anybody's name. Ask by address, by localhost, or by the name given to --host.`
}

/**
 * Whether a browser sends it. `Sec-Fetch-Site` goes to addresses of this machine only, and `Origin` comes with few reads; but a
 * page cannot keep its browser from sending `Accept-Language`, which AWS clients never send.
 */
export function isFromBrowser(headers: IncomingHttpHeaders): boolean {
  const told = ['origin', 'sec-fetch-site', 'accept-language'].some((name) => headers[name] !== undefined)
  return told || (headers['user-agent'] ?? '').startsWith('Mozilla/')
}

function mayBeForeignName(host: string, servedName: string | undefined): boolean {
  if (!URL.canParse(`http://${host}`)) return true
  const { hostname } = new URL(`http://${host}`)
  if (hostname === servedName?.toLowerCase()) return false
  return !(isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || !hostname.includes('.') || ownNames.test(hostname))
}

const ownNames = /\.(localhost|local|internal|test)$/

/** What someone sees who opens the endpoint in a browser. */
export function welcomePage(services: readonly Pick<AwsService, 'name'>[], host: string): string {
  return [
    'This is Teal: it performs blue/green deployments the way Amazon ECS, CodeDeploy and an Application Load Balancer do.',
    `It implements the AWS APIs of ${services.map(({ name }) => name).join(', ')}, for any AWS client. For example:`,
    '',
    `    aws ecs list-clusters --endpoint-url http://${host}`,
    '',
  ].join('\n')
}
