import type { Deployment } from '../domain/deployment.ts'
import { lastPart, parseArn } from '../domain/identifiers.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import type { Service } from '../domain/service.ts'
import { recordOf, serviceRecordOf } from '../engine/deployment-records.ts'
import type { Engine } from '../engine/engine.ts'
import { watchedDeployment } from '../engine/watched-deployment.ts'
import { deploymentPage } from './deployment-rows.ts'
import { codeDeploySides, codeDeployView } from './engine-code-deploy.ts'
import { codeDeployDocuments, serviceDocuments } from './engine-documents.ts'
import { serviceDeploymentView, serviceSides } from './engine-service-deployment.ts'
import { countedNow, serviceView } from './engine-services.ts'
import type { Counted } from './engine-services.ts'
import { PulseMeter } from './pulse.ts'
import type { ConsoleSource, DeploymentQuery, WatchListener } from './source.ts'
import type { DeploymentPage, DeploymentView, DocumentView, Overview } from './views.ts'

/** So many services are listed; more are found by searching. */
const mostServices = 60
/** Rates are told over at least so long. */
const rateMilliseconds = 900

/**
 * The engine beside the console, read directly: everything is in memory but journals and observations, of which only those
 * of the deployment that is looked at are read. It listens to the engine only while somebody watches.
 */
export class EngineSource implements ConsoleSource {
  readonly #engine: Engine
  readonly #place: string
  readonly #watches = new Set<EngineWatch>()
  #isListening = false
  #before: Counted | undefined
  #latest: Counted | undefined

  constructor(engine: Engine, place: string) {
    this.#engine = engine
    this.#place = place
  }

  async overview({ text }: { readonly text: string }): Promise<Overview> {
    const { store, router, clock, settings } = this.#engine
    const words = text.toLowerCase().split(/\s+/).filter(Boolean)
    const services = store.services.list().filter((service) => service.status !== 'INACTIVE' && matches(service, words))
    const now = this.#count(countedNow(router.report(), clock.now()))
    const last = this.#lastDeployments()
    return {
      place: this.#place,
      limits: [],
      services: services
        .slice(0, mostServices)
        .map((service) => serviceView(this.#engine, service, { before: this.#before, now }, last)),
      serviceCount: services.length,
      isReadOnly: false,
      minuteMilliseconds: settings.minuteMilliseconds,
    }
  }

  async deployments(query: DeploymentQuery): Promise<DeploymentPage> {
    return deploymentPage(this.#engine.store, query)
  }

  async deployment(id: string): Promise<DeploymentView | undefined> {
    const found = this.#find(id)
    if (found === undefined) return undefined
    return 'deploymentId' in found ? codeDeployView(this.#engine, found) : serviceDeploymentView(this.#engine, found)
  }

  async documents(id: string): Promise<readonly DocumentView[]> {
    const found = this.#find(id)
    if (found === undefined) return []
    return 'deploymentId' in found ? codeDeployDocuments(this.#engine, found) : serviceDocuments(this.#engine, found)
  }

  async record(id: string): Promise<object | undefined> {
    return recordOf(this.#engine, id) ?? serviceRecordOf(this.#engine, id)
  }

  watch(id: string | undefined, listener: WatchListener): () => void {
    this.#listen()
    const watch: EngineWatch = { id, subjects: this.#subjects(id), listener, meter: undefined }
    this.#watches.add(watch)
    return () => void this.#watches.delete(watch)
  }

  #find(id: string): Deployment | ServiceDeployment | undefined {
    const { store } = this.#engine
    return (
      store.deployments.get(id) ??
      store.serviceDeployments.list().find(({ serviceDeploymentArn }) => lastPart(serviceDeploymentArn) === id)
    )
  }

  /** Listeners cannot be taken back: one of each serves all watches, and returns at once where there are none. */
  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    const { store, router, loadBalancing, clock } = this.#engine
    store.onChange((changes) => {
      if (this.#watches.size > 0) this.#tell(new Set(changes.map(({ key }) => key)))
    })
    loadBalancing.onHealthChange((arns) => {
      if (this.#watches.size > 0) this.#tell(new Set(arns))
    })
    router.onReport(() => {
      const report = router.report()
      if (report === undefined) return
      for (const watch of this.#watches) {
        if (watch.id === undefined) watch.listener.changed()
        else if (watch.listener.pulse !== undefined) {
          if (watch.meter === undefined) watch.meter = this.#meter(watch.id)
          else watch.listener.pulse(watch.meter.next(report, clock.now()))
        }
      }
    })
  }

  #meter(id: string): PulseMeter | undefined {
    const { store, router, clock } = this.#engine
    const found = this.#find(id)
    if (found === undefined) return undefined
    const isCodeDeploy = 'deploymentId' in found
    const watched = watchedDeployment(store, isCodeDeploy ? id : found.serviceDeploymentArn)
    if (watched === undefined || watched.isOver) return undefined
    if (isCodeDeploy && found.plan === undefined) return undefined
    const sides = isCodeDeploy ? codeDeploySides(found) : serviceSides(this.#engine, found)
    return new PulseMeter(watched.counted, sides, router.report(), clock.now())
  }

  /** Of a deployment: its own keys begin with its id, and those that it is about. */
  #tell(keys: ReadonlySet<string>): void {
    for (const watch of this.#watches) {
      if (watch.id === undefined) watch.listener.changed()
      else if ([...keys].some((key) => isAbout(key, watch))) {
        watch.subjects = this.#subjects(watch.id)
        watch.listener.changed()
      }
    }
  }

  #subjects(id: string | undefined): ReadonlySet<string> {
    if (id === undefined) return new Set()
    const { store } = this.#engine
    const found = this.#find(id)
    const isCodeDeploy = found !== undefined && 'deploymentId' in found
    const watched = watchedDeployment(store, isCodeDeploy || found === undefined ? id : found.serviceDeploymentArn)
    const arns = watched?.counted.targetGroups.map(({ targetGroupArn }) => targetGroupArn) ?? []
    const serviceArn = isCodeDeploy ? found.plan?.serviceArn : found?.serviceArn
    const taskSets =
      serviceArn === undefined ? [] : store.taskSets.ofService(serviceArn).map(({ taskSetArn }) => taskSetArn)
    const own = found !== undefined && !isCodeDeploy ? [found.serviceDeploymentArn] : []
    return new Set([
      ...(watched?.subjects ?? []),
      ...arns,
      ...taskSets,
      ...own,
      ...(serviceArn === undefined ? [] : [serviceArn]),
    ])
  }

  /** The two moments that rates are told between. */
  #count(now: Counted): Counted {
    if (this.#latest === undefined || now.at - this.#latest.at > 10 * rateMilliseconds) {
      this.#before = undefined
      this.#latest = now
    } else if (now.at - this.#latest.at >= rateMilliseconds) {
      this.#before = this.#latest
      this.#latest = now
    }
    return this.#latest
  }

  #lastDeployments(): ReadonlyMap<string, Deployment> {
    const { store, settings } = this.#engine
    const last = new Map<string, Deployment>()
    for (const deployment of store.deployments.list()) {
      const { ecsService } = deployment.group
      const [cluster, name] = [lastPart(ecsService.clusterName), lastPart(ecsService.serviceName)]
      last.set(`arn:aws:ecs:${deployment.region}:${settings.accountId}:service/${cluster}/${name}`, deployment)
    }
    return last
  }
}

type EngineWatch = {
  readonly id: string | undefined
  subjects: ReadonlySet<string>
  readonly listener: WatchListener
  meter: PulseMeter | undefined
}

function isAbout(key: string, { id, subjects }: EngineWatch): boolean {
  return subjects.has(key) || (id !== undefined && (key === id || key.startsWith(`${id}/`) || key.endsWith(`/${id}`)))
}

function matches({ serviceName, clusterArn, serviceArn }: Service, words: readonly string[]): boolean {
  const searched = `${serviceName} ${lastPart(clusterArn)} ${parseArn(serviceArn)?.region ?? ''}`.toLowerCase()
  return words.every((word) => searched.includes(word))
}
