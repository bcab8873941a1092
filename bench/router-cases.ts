import type { LoadPlan } from './load.ts'
import type { Door } from './site.ts'

export type RouterCase = {
  readonly name: string
  readonly door: Door
  readonly protocol: LoadPlan['protocol']
  readonly connections: number
}

const plainDoors = ['small', 'large', 'small-log', 'large-log'] as const
const secureDoors = ['small-tls', 'large-tls'] as const

/** `small`: 100 bytes; `large`: 16 KiB; `log`: with an access log; the number is that of the connections. */
export const routerCases: readonly RouterCase[] = [
  ...plainDoors.flatMap((door) => [64, 512].map((connections) => caseOf(door, 'http', connections))),
  ...secureDoors.map((door) => caseOf(door, 'https', 64)),
  ...secureDoors.map((door) => caseOf(door, 'h2', 64)),
]

function caseOf(door: Door, protocol: LoadPlan['protocol'], connections: number): RouterCase {
  const name = protocol === 'h2' ? door.replace('tls', 'h2') : door
  return { name: `${name}-${connections}`, door, protocol, connections }
}

/** In words, for the columns of tables. */
export function titleOf({ door, protocol, connections }: RouterCase): string {
  const size = door.startsWith('small') ? '100 B' : '16 KiB'
  const ways = { http: door.endsWith('-log') ? ', access log' : '', https: ', HTTPS', h2: ', HTTP/2' }
  return `${size}, ${connections} ${protocol === 'h2' ? 'streams' : 'connections'}${ways[protocol]}`
}
