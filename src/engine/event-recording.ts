import type { ServiceEvent } from '../domain/service.ts'
import type { Chance, Clock } from './ports.ts'
import type { Store } from './store.ts'

const mostEvents = 100

/** Adds to the service's events, 100 at most. A service that is gone has no events to add to. */
export function recordServiceEvents(
  { store, clock, chance }: { readonly store: Store; readonly clock: Clock; readonly chance: Chance },
  serviceArn: string,
  messages: readonly string[],
): void {
  if (messages.length === 0 || !store.services.has(serviceArn)) return
  store.transaction(() => {
    const createdAt = clock.now()
    for (const message of messages) {
      const id = chance.uuid()
      store.serviceEvents.put(id, { serviceArn, id, createdAt, message })
    }
    for (const { id } of serviceEvents(store, serviceArn).slice(mostEvents)) store.serviceEvents.delete(id)
  })
}

/** Newest first. A service that was deleted and created again has nothing to do with the events of the one before it. */
export function serviceEvents(store: Store, serviceArn: string): readonly ServiceEvent[] {
  const since = store.services.get(serviceArn)?.createdAt ?? 0
  return store.serviceEvents
    .ofService(serviceArn)
    .filter((event) => event.createdAt >= since)
    .toReversed()
}
