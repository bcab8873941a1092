import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { EndedParts } from '../adapters/teardown.ts'

/** `Ended the engine (process 12), the load balancer (process 13) and 4 tasks.`, and what could not be written down. */
export function describeEnded(ended: EndedParts, dataDirectory: string): string {
  return [whatEnded(ended, dataDirectory), ...(ended.unwritten === undefined ? [] : [ended.unwritten])].join('\n')
}

function whatEnded(ended: EndedParts, dataDirectory: string): string {
  const parts = [
    ...(ended.enginePid === undefined ? [] : [`the engine (process ${ended.enginePid})`]),
    ...routersOf(ended),
    ...(ended.tasks === 0 ? [] : [ended.tasks === 1 ? '1 task' : `${ended.tasks} tasks`]),
  ]
  if (parts.length === 0) {
    const directory = resolve(dataDirectory)
    // Without its name, whoever stands in another directory than the engine's would believe that all has ended.
    return `Nothing was running on ${directory}${existsSync(directory) ? '' : ', which is not there'}.`
  }
  const last = parts.pop()
  return `Ended ${parts.length === 0 ? last : `${parts.join(', ')} and ${last}`}.`
}

function routersOf({ routerPid, routerPids }: EndedParts): readonly string[] {
  if (routerPids !== undefined) return [`the load balancer (processes ${routerPids.join(', ')})`]
  return routerPid === undefined ? [] : [`the load balancer (process ${routerPid})`]
}
