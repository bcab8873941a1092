import type { Chance, Clock } from './ports.ts'
import type { Store } from './store.ts'

const mostEvents = 100

/** Adds to the service's events, newest first, 100 at most. A service that is gone has no events to add to. */
export function recordServiceEvents(
  { store, clock, chance }: { readonly store: Store; readonly clock: Clock; readonly chance: Chance },
  serviceArn: string,
  messages: readonly string[],
): void {
  if (messages.length === 0) return
  store.transaction(() => {
    const service = store.services.get(serviceArn)
    if (service === undefined) return
    const createdAt = clock.now()
    const added = messages.map((message) => ({ id: chance.uuid(), createdAt, message })).toReversed()
    store.services.put(serviceArn, { ...service, events: [...added, ...service.events].slice(0, mostEvents) })
  })
}
