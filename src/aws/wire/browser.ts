import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import type { AwsService } from '../handlers.ts'

/**
 * Whether a web page of another site sends the request. Browsers add `Origin` to every request that could have an
 * effect; AWS clients never do. A page of our own has the host it was loaded from, which must be an address or
 * `localhost`: a name could be pointed at this machine by whoever owns it.
 */
export function isFromAnotherSite(headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers
  if (origin === undefined) return false
  if (!URL.canParse(origin)) return true
  const { host: originHost, hostname } = new URL(origin)
  const isAddress =
    hostname === 'localhost' || hostname.endsWith('.localhost') || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0
  return originHost !== host || !isAddress
}

/**
 * Whether the host that was asked may be one that somebody else has pointed at this machine: a browser asks it without
 * `Origin`, as its page's own. Names that only this machine or its network gives are nobody else's.
 */
export function mayBeForeignName(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return host !== undefined
  const { hostname } = new URL(`http://${host}`)
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
