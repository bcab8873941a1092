import { arn, parseArn } from './identifiers.ts'

/** Whose access log it is: an Application Load Balancer, by the parts of its ARN. */
export type LoggedLoadBalancer = {
  readonly region: string
  readonly accountId: string
  readonly name: string
  readonly id: string
}

/** Where a load balancer's access log is delivered to. `prefix` has no slash at its ends. */
export type AccessLogDestination = { readonly bucket: string; readonly prefix: string }

/** One that is written no more: its load balancer was deleted, or it was switched off. */
export type EndedAccessLog = {
  readonly loadBalancerArn: string
  readonly destination: AccessLogDestination
  readonly endedAt: number
}

/** What tells one file of an access log from the others, as long as it is on this machine. */
export type AccessLogFile = {
  /** Epoch milliseconds: the end of the period whose requests are in it. */
  readonly periodEnd: number
  /** The address that the router listens on. */
  readonly nodeAddress: string
  /** Of the router that writes it, without `_`, and its process. */
  readonly routerId: string
  readonly pid: number
  /** Grows with each file of a router. */
  readonly sequence: number
  /** Eight letters and digits by chance: what makes the name in the bucket unique. */
  readonly random: string
}

/**
 * - `open`: a router writes it.
 * - `complete`: nobody writes it any more; it is to be delivered.
 * - `delivered`: it is in its bucket, and is kept for a moment for those who are just reading it.
 */
export type AccessLogFileState = 'open' | 'complete' | 'delivered'

/** Below the data directory; in it a directory for each load balancer. */
export const accessLogDirectory = 'access-logs'

/** An access log has a new file so often, in (configured) minutes. */
export const accessLogPeriodMinutes = 5
export const defaultAccessLogPeriodMilliseconds = accessLogPeriodMinutes * 60_000

export function loggedLoadBalancer(loadBalancerArn: string): LoggedLoadBalancer | undefined {
  const { region = '', accountId = '', resource = '' } = parseArn(loadBalancerArn) ?? {}
  const [, name, id] = /^loadbalancer\/app\/([^/]+)\/([^/]+)$/.exec(resource) ?? []
  return name === undefined || id === undefined ? undefined : { region, accountId, name, id }
}

export function loadBalancerArnOf({ name, id, ...place }: LoggedLoadBalancer): string {
  return arn.loadBalancer(place, name, id)
}

/** `ACCOUNT_REGION_app.NAME.ID`: none of the parts may have a `_`. */
export function accessLogDirectoryName({ region, accountId, name, id }: LoggedLoadBalancer): string {
  return `${accountId}_${region}_app.${name}.${id}`
}

/** Undefined for what is no directory of an access log. */
export function parseAccessLogDirectoryName(text: string): LoggedLoadBalancer | undefined {
  const [, accountId, region, name, id] = /^(\d+)_([a-z0-9-]+)_app\.([A-Za-z0-9-]+)\.([A-Za-z0-9]+)$/.exec(text) ?? []
  if (accountId === undefined || region === undefined || name === undefined || id === undefined) return undefined
  return { region, accountId, name, id }
}

const suffixes = { open: '.open', complete: '.log', delivered: '.done' } as const

/** The order of the names is that of the periods. */
export function accessLogFileName(file: AccessLogFile, state: AccessLogFileState): string {
  const { periodEnd, nodeAddress, routerId, pid, sequence, random } = file
  const address = nodeAddress.replaceAll(/[^\w.:-]|_/g, '-')
  return `${periodEnd}_${address}_${routerId}_${pid}_${sequence}_${random}${suffixes[state]}`
}

/** Undefined for what is no file of an access log. */
export function parseAccessLogFileName(
  text: string,
): { readonly file: AccessLogFile; readonly state: AccessLogFileState } | undefined {
  const match = /^(\d+)_([\w.:-]*)_([A-Za-z0-9-]+)_(\d+)_(\d+)_([a-z0-9]+)\.(open|log|done)$/.exec(text)
  if (match === null) return undefined
  const [, periodEnd, nodeAddress = '', routerId = '', pid, sequence, random = '', suffix] = match
  const state = suffix === 'open' ? 'open' : suffix === 'log' ? 'complete' : 'delivered'
  return {
    file: { periodEnd: Number(periodEnd), nodeAddress, routerId, pid: Number(pid), sequence: Number(sequence), random },
    state,
  }
}

/** Where the load balancer's files are in its bucket: everything before the day. `prefix` has no slash at its ends. */
export function accessLogPrefix({ accountId, region }: LoggedLoadBalancer, prefix: string): string {
  return `${ofAccount(accountId, prefix)}/elasticloadbalancing/${region}/`
}

/** As AWS names a delivered file. */
export function accessLogKey(loadBalancer: LoggedLoadBalancer, prefix: string, file: AccessLogFile): string {
  const { accountId, region, name, id } = loadBalancer
  const [date = '', time = ''] = new Date(file.periodEnd).toISOString().split('T')
  const end = `${date.replaceAll('-', '')}T${time.slice(0, 2)}${time.slice(3, 5)}Z`
  const parts = [accountId, 'elasticloadbalancing', region, `app.${name}.${id}`, end, file.nodeAddress, file.random]
  return `${accessLogPrefix(loadBalancer, prefix)}${date.replaceAll('-', '/')}/${parts.join('_')}.log.gz`
}

/** The file that says in a bucket that an access log was switched on. */
export function accessLogTestKey({ accountId }: Pick<LoggedLoadBalancer, 'accountId'>, prefix: string): string {
  return `${ofAccount(accountId, prefix)}/ELBAccessLogTestFile`
}

function ofAccount(accountId: string, prefix: string): string {
  return `${prefix === '' ? '' : `${prefix}/`}AWSLogs/${accountId}`
}
