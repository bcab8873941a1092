import { isDeepStrictEqual } from 'node:util'
import type { Listener } from '../../domain/load-balancer.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Store } from '../../engine/store.ts'
import { invalid, refusal } from './errors.ts'

/** A listener goes with its rules. */
export function deleteListener(store: Store, listenerArn: string): void {
  for (const rule of store.rules.list()) if (rule.listenerArn === listenerArn) store.rules.delete(rule.ruleArn)
  store.listeners.delete(listenerArn)
}

/**
 * Publishes a listener that opens a port or shows certificates, and takes it back when the router cannot do so: no
 * listener is left which its creator was refused. The router's own sentence names the port, the host and the reason.
 */
export async function publishOrTakeBack(engine: Engine, listener: Listener, takeBack: () => void): Promise<void> {
  const { refusedListeners } = await engine.loadBalancing.publish().catch((error: unknown) => {
    takeBack()
    throw error
  })
  const refused = refusedListeners.find(({ listenerArn }) => listenerArn === listener.listenerArn)
  if (refused === undefined) return
  takeBack()
  await engine.loadBalancing.publish()
  if (refused.message.startsWith('The certificates')) throw invalid(refused.message)
  throw portRefusal(refused.message)
}

type Change = { readonly before: Listener; readonly changed: Listener }

/** The same of one that was there before, which is taken back to what it was. */
export function publishChangeOrTakeBack(engine: Engine, change: Change): Promise<void> {
  return publishOrTakeBack(engine, change.changed, () => undo(engine.store, change))
}

/** Nothing but the change: others, a deployment among them, may have changed something else, and were told so. */
function undo(store: Store, { before, changed }: Change): void {
  const present = store.listeners.get(before.listenerArn)
  if (present === undefined) return
  const names = Object.keys({ ...before, ...present }) as (keyof Listener)[]
  const parts = names.map((name) => {
    const isOurs = isDeepStrictEqual(present[name], changed[name])
    return [name, isOurs ? before[name] : present[name]] as const
  })
  const taken = Object.fromEntries(parts.filter(([, value]) => value !== undefined)) as unknown as Listener
  store.listeners.put(before.listenerArn, taken)
}

/** All load balancers share the host's ports, unlike on AWS, where each has addresses of its own. */
export function checkPortIsFree(engine: Engine, loadBalancerArn: string, port: number, listenerArn?: string): void {
  const holder = engine.store.listeners
    .list()
    .find((listener) => listener.port === port && listener.listenerArn !== listenerArn)
  if (holder === undefined) return
  if (holder.loadBalancerArn === loadBalancerArn) {
    throw refusal(
      'DuplicateListenerException',
      `A listener already exists on this port for this load balancer '${loadBalancerArn}'`,
    )
  }
  const { listenHost } = engine.settings
  throw portRefusal(
    `Port ${port} on ${listenHost}, which all load balancers share, belongs to listener '${holder.listenerArn}'`,
  )
}

function portRefusal(reason: string): Error {
  return refusal('InvalidConfigurationRequestException', `${reason}. Choose another port, or free this one`)
}
