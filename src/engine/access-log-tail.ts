import { accessLogKey, loggedLoadBalancer, type LoggedLoadBalancer } from '../domain/access-log-file.ts'
import type { LoadBalancer } from '../domain/load-balancer.ts'
import type { AccessLogSpool, SpooledFile } from './access-log-spool.ts'
import type { Store } from './store.ts'

/** The end of an access log that is not in its bucket yet, or has only just come there. */
export type AccessLogTail = {
  readonly loadBalancerArn: string
  /** Of each file a part, in the order in which they were read. */
  readonly parts: readonly AccessLogPart[]
  /** Where the next reading goes on. */
  readonly next: string
  /** True where there is more to be read at once. */
  readonly hasMore: boolean
}

type AccessLogPart = {
  /** Of the object that the file becomes, or has become. */
  readonly key: string
  readonly lines: readonly string[]
}

const mostBytes = 1024 * 1024

/**
 * Reads on in the access log of the load balancer `app/NAME/ID` from where `cursor` says; without one, from the oldest
 * line that is not delivered. A mebibyte at most at once. Undefined where there is no such load balancer.
 */
export async function readAccessLogTail(
  { store, spool }: { readonly store: Store; readonly spool: AccessLogSpool },
  resource: string,
  cursor = '',
): Promise<AccessLogTail | undefined> {
  const found = store.loadBalancers
    .list()
    .find(({ loadBalancerArn }) => loadBalancerArn.endsWith(`:loadbalancer/${resource}`))
  const loadBalancer = found && loggedLoadBalancer(found.loadBalancerArn)
  if (found === undefined || loadBalancer === undefined) return undefined
  const files = await spool.listOf(loadBalancer)
  return readOn(spool, files, { found, loadBalancer, positions: parseCursor(cursor) })
}

/** How far a router's files were read: a router numbers its files, and nothing is added to an earlier one. */
type Position = { readonly sequence: number; readonly offset: number }
type Positions = ReadonlyMap<string, Position>

async function readOn(
  spool: AccessLogSpool,
  files: readonly SpooledFile[],
  from: { readonly found: LoadBalancer; readonly loadBalancer: LoggedLoadBalancer; readonly positions: Positions },
): Promise<AccessLogTail> {
  const prefix = from.found.attributes['access_logs.s3.prefix'] ?? ''
  const parts: AccessLogPart[] = []
  const routers = new Set(files.map(({ file }) => file.routerId))
  const next = new Map([...from.positions].filter(([routerId]) => routers.has(routerId)))
  let budget = mostBytes
  let hasMore = false
  for (const file of files.toSorted(bySequence)) {
    const { routerId, sequence } = file.file
    const position = next.get(routerId)
    if (position !== undefined && position.sequence > sequence) continue
    const offset = position?.sequence === sequence ? position.offset : 0
    if (file.size <= offset) continue
    hasMore = file.size - offset > budget
    const { lines, bytes } = wholeLines(await spool.read(file, offset, Math.min(budget, file.size - offset)))
    budget -= bytes
    next.set(routerId, { sequence, offset: offset + bytes })
    if (lines.length > 0) parts.push({ key: accessLogKey(from.loadBalancer, prefix, file.file), lines })
    // Later files of the router must not be begun before all of this one is read.
    if (hasMore) break
  }
  return { loadBalancerArn: from.found.loadBalancerArn, parts, next: cursorOf(next), hasMore }
}

function bySequence({ file: one }: SpooledFile, { file: other }: SpooledFile): number {
  return one.routerId.localeCompare(other.routerId) || one.sequence - other.sequence
}

/** What stands after the last line's end is being written. */
function wholeLines(bytes: Uint8Array = new Uint8Array()): {
  readonly lines: readonly string[]
  readonly bytes: number
} {
  const end = bytes.lastIndexOf(newline) + 1
  if (end === 0) return { lines: [], bytes: 0 }
  return { lines: new TextDecoder().decode(bytes.subarray(0, end - 1)).split('\n'), bytes: end }
}

const newline = 0x0a

/** `ROUTER.SEQUENCE.OFFSET`, one after the other. */
function cursorOf(positions: Positions): string {
  return Array.from(positions, ([routerId, { sequence, offset }]) => `${routerId}.${sequence}.${offset}`).join('~')
}

/** What is no position is none: then that router's files are read from their beginning. */
function parseCursor(cursor: string): Positions {
  return new Map(
    cursor.split('~').flatMap((text): (readonly [string, Position])[] => {
      const [, routerId, sequence, offset] = /^([A-Za-z0-9-]+)\.(\d{1,15})\.(\d{1,15})$/.exec(text) ?? []
      return routerId === undefined ? [] : [[routerId, { sequence: Number(sequence), offset: Number(offset) }]]
    }),
  )
}
