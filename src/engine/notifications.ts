import { notificationsOf, toldStatuses, type Notification } from '../domain/notification.ts'
import type { Deployment, DeploymentStatus } from '../domain/deployment.ts'
import { ecsDeploymentEvent, ecsStates, type EcsDeploymentState, type EcsHookState } from '../domain/ecs-event.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import type { Engine } from './engine.ts'
import { currentDeployment } from './service-deployments.ts'

/** Where notifications are delivered to, once each if all goes well. */
export interface Webhook {
  /** Rejects with an Error in words when it was not taken. */
  deliver(notification: Notification, signal: AbortSignal): Promise<void>
}

/**
 * Tells of deployments: watches the store, keeps a notification for each status that somebody is to be told of, and
 * delivers them to the webhook, if there is one, in their order. Deployments never wait for it. What was not told or not
 * delivered before a crash is after it; then the webhook may get a notification a second time, with the same id.
 */
export class Notifications {
  readonly #tools: NotificationTools
  readonly #ended = new AbortController()
  #running: readonly Promise<void>[] = []
  /** By id, and by the service's ARN: those that there may be something to tell of. */
  readonly #deployments = new Set<string>()
  readonly #services = new Set<string>()

  constructor(tools: NotificationTools) {
    this.#tools = tools
  }

  start(): void {
    const { store } = this.#tools
    for (const { deploymentId } of store.deployments.list()) this.#deployments.add(deploymentId)
    for (const { serviceArn } of store.services.list()) this.#services.add(serviceArn)
    store.onChange((changes) => {
      for (const { kind, key, value } of changes) {
        if (kind === 'deployments') this.#deployments.add(key)
        else if (kind === 'services') this.#services.add(key)
        else if (kind === 'serviceDeployments' && value !== undefined) this.#services.add(value.serviceArn)
      }
    })
    this.#running = [this.#untilEnded(() => this.#record()), this.#untilEnded(() => this.#deliverNext())]
  }

  async stop(): Promise<void> {
    this.#ended.abort(new Error('The engine is closing.'))
    await Promise.all(this.#running)
  }

  /** Never gives up: what cannot be written down now is tried again. */
  async #untilEnded(work: () => Promise<void>): Promise<void> {
    const { signal } = this.#ended
    while (!signal.aborted) {
      try {
        await work()
      } catch (error) {
        if (signal.aborted) return
        this.#tools.log.warn(`Notifications cannot be kept at the moment: ${textOf(error)} It is tried again.`)
        await this.#tools.clock.sleep(pauseAfterTroubleMilliseconds, signal).catch(() => undefined)
      }
    }
  }

  async #record(): Promise<void> {
    const { changes, store } = this.#tools
    const news = await changes.until(() => this.#news(), { signal: this.#ended.signal })
    if (news === undefined) return
    store.transaction(() => {
      for (const { deployment, statuses } of news.codeDeploy) {
        for (const status of statuses) this.#keep(deployment, status)
        const told = store.toldDeployments.get(deployment.deploymentId) ?? []
        store.toldDeployments.put(deployment.deploymentId, [...told, ...statuses])
      }
      for (const each of news.ecs) this.#keepOfEcs(each)
      this.#forgetOldest()
    })
  }

  #news(): { readonly codeDeploy: readonly News[]; readonly ecs: readonly EcsNews[] } | undefined {
    const [codeDeploy, ecs] = [this.#codeDeployNews(), this.#ecsNews()]
    return codeDeploy.length + ecs.length === 0 ? undefined : { codeDeploy, ecs }
  }

  #codeDeployNews(): readonly News[] {
    const { store } = this.#tools
    const news: News[] = []
    for (const deploymentId of this.#deployments) {
      const deployment = store.deployments.get(deploymentId)
      const told = store.toldDeployments.get(deploymentId) ?? []
      const statuses = deployment === undefined ? [] : toldStatuses(deployment).filter((each) => !told.includes(each))
      if (deployment === undefined || statuses.length === 0) this.#deployments.delete(deploymentId)
      else news.push({ deployment, statuses })
    }
    // A rollback is there with the end of what it undoes: that is told first.
    return news.toSorted((one, other) => one.deployment.createTime - other.deployment.createTime)
  }

  /** Of each service only its last deployment has news: one that was replaced is told of no more. */
  #ecsNews(): readonly EcsNews[] {
    const { store } = this.#tools
    const news: EcsNews[] = []
    for (const serviceArn of this.#services) {
      const service = store.services.get(serviceArn)
      const deployment = service && currentDeployment(store, service)
      const all = deployment === undefined ? [] : ecsStates(deployment)
      const told = store.toldServiceDeployments.get(serviceArn)
      const count = told?.serviceDeploymentArn === deployment?.serviceDeploymentArn ? (told?.count ?? 0) : 0
      if (deployment === undefined || all.length <= count) this.#services.delete(serviceArn)
      else news.push({ deployment, states: all.slice(count), count: all.length })
    }
    return news
  }

  #keepOfEcs({ deployment, states, count }: EcsNews): void {
    const { store, clock, chance } = this.#tools
    const { serviceArn, serviceDeploymentArn } = deployment
    for (const state of states) {
      const at = clock.now()
      const notificationId = chance.uuid()
      const content = {
        channel: 'EventBridge',
        event: ecsDeploymentEvent(deployment, state, { at, id: notificationId }),
      } as const
      store.notifications.put(notificationId, {
        notificationId,
        deploymentId: serviceDeploymentArn,
        at,
        content,
        ...this.#delivery(),
      })
    }
    store.toldServiceDeployments.put(serviceArn, { serviceDeploymentArn, count })
  }

  #delivery(): Pick<Notification, 'delivery'> {
    return this.#tools.webhook === undefined ? {} : { delivery: { status: 'Pending', attempts: 0 } }
  }

  #keep(deployment: Deployment, status: DeploymentStatus): void {
    const { store, clock, chance, settings } = this.#tools
    const at = clock.now()
    const id = chance.uuid()
    for (const content of notificationsOf(deployment, status, { accountId: settings.accountId, at, id })) {
      const notificationId = content.channel === 'EventBridge' ? content.event.id : chance.uuid()
      const { deploymentId } = deployment
      store.notifications.put(notificationId, { notificationId, deploymentId, at, content, ...this.#delivery() })
    }
  }

  #forgetOldest(): void {
    const { store } = this.#tools
    for (const { notificationId } of store.notifications.list().slice(0, -mostNotifications)) {
      store.notifications.delete(notificationId)
    }
  }

  /** One delivery to its end, whichever that is; without a webhook it waits for nothing until the engine ends. */
  async #deliverNext(): Promise<void> {
    const { changes, store, webhook } = this.#tools
    const { signal } = this.#ended
    const next = await changes.until(() => (webhook ? store.notifications.list().find(isPending) : undefined), {
      signal,
    })
    if (next === undefined || webhook === undefined) return
    for (let attempts = (next.delivery?.attempts ?? 0) + 1; ; attempts += 1) {
      const problem = await this.#attempt(webhook, next)
      if (signal.aborted) return
      const isLast = attempts >= mostAttempts
      const status = problem === undefined ? 'Delivered' : isLast ? 'Failed' : 'Pending'
      this.#note(next, { status, attempts, ...(problem === undefined ? {} : { problem }) })
      if (status === 'Failed') this.#warn(next, attempts, problem)
      if (status !== 'Pending') return
      await this.#tools.clock.sleep(pauseBetweenAttemptsMilliseconds * 2 ** (attempts - 1), signal)
    }
  }

  async #attempt(webhook: Webhook, notification: Notification): Promise<string | undefined> {
    try {
      await webhook.deliver(notification, this.#ended.signal)
      return undefined
    } catch (error) {
      return textOf(error)
    }
  }

  /** One that has been forgotten in the meantime stays so. */
  #note({ notificationId }: Notification, delivery: Notification['delivery'] & object): void {
    const { store } = this.#tools
    const kept = store.notifications.get(notificationId)
    if (kept !== undefined) store.notifications.put(notificationId, { ...kept, delivery })
  }

  #warn({ deploymentId }: Notification, attempts: number, problem = ''): void {
    this.#tools.log.warn(
      `A notification of deployment ${deploymentId} was not taken by the webhook in ${attempts} attempts: ${problem} It is not ` +
        'tried again.',
    )
  }
}

type NotificationTools = Pick<Engine, 'store' | 'clock' | 'chance' | 'settings' | 'changes' | 'log'> & {
  readonly webhook: Webhook | undefined
}
type EcsNews = {
  readonly deployment: ServiceDeployment
  readonly states: readonly (EcsDeploymentState | EcsHookState)[]
  /** How many are told of then. */
  readonly count: number
}
type News = { readonly deployment: Deployment; readonly statuses: readonly DeploymentStatus[] }

/** Kept of all deployments together. */
const mostNotifications = 1000
const mostAttempts = 5
/** Doubled with each. */
const pauseBetweenAttemptsMilliseconds = 1000
const pauseAfterTroubleMilliseconds = 1000

function isPending({ delivery }: Notification): boolean {
  return delivery?.status === 'Pending'
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
