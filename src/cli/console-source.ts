import { pageOf } from '../console/deployment-rows.ts'
import type { ConsoleSource, DeploymentQuery, WatchListener } from '../console/source.ts'
import type { DeploymentPage, DeploymentView, DocumentView, Overview, SideHead, SideName } from '../console/views.ts'
import { forAwsUser } from './aws-access.ts'
import type { AwsClients } from './aws-clients.ts'
import { CodeDeployReading } from './code-deploy-reading.ts'
import { codeDeployPage, serviceDeploymentPage } from './console-deployment.ts'
import { consoleDocuments } from './console-documents.ts'
import { ConsoleListing, type Listing } from './console-listing.ts'
import { lastCodeDeployment, serviceOnConsole } from './console-services.ts'
import { ConsoleTraffic } from './console-traffic.ts'
import { ServiceDeploymentReading } from './service-deployment-reading.ts'

/** So many services are read and shown; more are found by searching. */
const mostServices = 12
/** Readings of deployments that nobody looks at any more are forgotten beyond so many. */
const mostReadings = 50
const longestPauseMilliseconds = 60_000

type Reading = {
  readonly read: (traffic: ConsoleTraffic) => Promise<DeploymentView>
  readonly traffic: ConsoleTraffic
}

/** An AWS account, or whatever answers as one, read through the official clients, and only while somebody looks. */
export class AwsSource implements ConsoleSource {
  readonly #clients: AwsClients
  readonly #isReadOnly: boolean
  readonly #listing: ConsoleListing
  readonly #readings = new Map<string, Reading>()
  #last: Promise<Listing> | undefined
  #lastAt = Number.NEGATIVE_INFINITY
  #readsUnderWay = 0
  /** How much longer pauses are: doubled each time AWS says that it is asked too often. */
  #patience = 1

  constructor(clients: AwsClients, { isReadOnly }: { readonly isReadOnly: boolean }) {
    this.#clients = clients
    this.#isReadOnly = isReadOnly
    this.#listing = new ConsoleListing(clients)
  }

  async overview({ text }: { readonly text: string }): Promise<Overview> {
    return this.#politely(async () => {
      const { services, rows, listeners, isCut } = await this.#listed()
      const { minuteMilliseconds } = await this.#clients.about()
      const place = `${this.#clients.endpoint()}, ${await this.#clients.region()}`
      const words = text.toLowerCase().split(/\s+/).filter(Boolean)
      const matching = services.filter(({ serviceArn = '' }) =>
        words.every((word) => serviceArn.toLowerCase().includes(word)),
      )
      const shown = await Promise.all(
        matching.slice(0, mostServices).map((service) => {
          const of = `${service.clusterArn?.split('/').at(-1)} / ${service.serviceName}`
          const id = lastCodeDeployment(service)
          const lastDeployment = rows.find((row) => row.id === id || (row.by === 'ECS' && row.of === of))
          const prodListenerArn = listeners.get(id ?? '')
          return serviceOnConsole(this.#clients, service, { lastDeployment, prodListenerArn })
        }),
      )
      return {
        place,
        limits: [
          `${place}: read through the AWS API every few seconds while somebody looks. Requests a second are on the deployments’ pages.`,
          ...(isCut ? ['There are more deployments than the thousand that are listed.'] : []),
        ],
        services: shown,
        serviceCount: matching.length,
        isReadOnly: this.#isReadOnly,
        minuteMilliseconds,
      }
    })
  }

  async deployments(query: DeploymentQuery): Promise<DeploymentPage> {
    return this.#politely(async () => pageOf((await this.#listed()).rows, query))
  }

  async deployment(id: string): Promise<DeploymentView | undefined> {
    return this.#politely(async () => {
      try {
        const reading = await this.#reading(id)
        return await reading?.read(reading.traffic)
      } catch (error) {
        if (error instanceof Error && /DeploymentDoesNotExist|InvalidDeploymentId/.test(error.name)) return undefined
        throw error
      }
    })
  }

  async documents(id: string): Promise<readonly DocumentView[]> {
    const view = await this.deployment(id)
    if (view === undefined) return []
    return this.#politely(async () => {
      const { sides, by } = view.head
      const none = { applicationName: undefined, revision: undefined, previousRevision: undefined }
      if (by === 'ECS') return consoleDocuments(this.#clients, { ...none, sides })
      const { GetDeploymentCommand } = await import('@aws-sdk/client-codedeploy')
      const { deploymentInfo } = await this.#clients.codeDeploy.send(new GetDeploymentCommand({ deploymentId: id }))
      const { applicationName, revision, previousRevision } = deploymentInfo ?? {}
      return consoleDocuments(this.#clients, { applicationName, revision, previousRevision, sides })
    })
  }

  /** AWS keeps none; what the page shows is saved in its place. */
  record(): Promise<undefined> {
    return Promise.resolve(undefined)
  }

  /** AWS tells nobody when something changes: it is asked again after a while, and later when it says that is too often. */
  watch(id: string | undefined, listener: WatchListener): () => void {
    let timer: NodeJS.Timeout | undefined
    const soon = async (): Promise<void> => {
      const { isTeal } = await this.#clients.about()
      const usual = isTeal ? 1_000 : id === undefined ? 10_000 : 4_000
      if (isLeft) return
      timer = setTimeout(tick, Math.min(longestPauseMilliseconds, usual * this.#patience))
    }
    const tick = (): void => {
      if (this.#readsUnderWay === 0) listener.changed()
      void soon()
    }
    let isLeft = false
    void soon()
    return () => {
      isLeft = true
      clearTimeout(timer)
    }
  }

  /** Overview and list are looked at together: what was listed a moment ago serves both. */
  async #listed(): Promise<Listing> {
    const { isTeal } = await this.#clients.about()
    const isFresh = Date.now() - this.#lastAt < (isTeal ? 500 : 5_000) * this.#patience
    if (this.#last !== undefined && isFresh) return this.#last
    this.#lastAt = Date.now()
    const listing = this.#listing.read()
    this.#last = listing
    listing.catch(() => {
      if (this.#last === listing) this.#last = undefined
    })
    return listing
  }

  async #reading(id: string): Promise<Reading | undefined> {
    const known = this.#readings.get(id)
    if (known !== undefined) return known
    const region = await this.#clients.region()
    const arn = id.startsWith('d-') ? undefined : (await this.#listed()).arns.get(id)
    if (!id.startsWith('d-') && arn === undefined) return undefined
    const reading = {
      read: arn === undefined ? this.#codeDeploy(id, region) : this.#ofEcs(arn, region),
      traffic: new ConsoleTraffic(),
    }
    this.#readings.set(id, reading)
    const [oldest] = this.#readings.keys()
    if (this.#readings.size > mostReadings && oldest !== undefined) this.#readings.delete(oldest)
    return reading
  }

  #codeDeploy(id: string, region: string): Reading['read'] {
    const reading = new CodeDeployReading(this.#clients, id)
    const known = new Map<SideName, SideHead>()
    return async (traffic) => {
      const seen = await reading.seen()
      return remembering(
        known,
        codeDeployPage(seen, region, (view) => traffic.after(view, seen.at)),
      )
    }
  }

  #ofEcs(arn: string, region: string): Reading['read'] {
    const reading = new ServiceDeploymentReading(this.#clients, arn)
    return async (traffic) => {
      const seen = await reading.seen()
      return serviceDeploymentPage(seen, region, (view) => traffic.after(view, seen.at))
    }
  }

  async #politely<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    this.#readsUnderWay += 1
    try {
      const answer = await ask()
      this.#patience = 1
      return answer
    } catch (error) {
      if (error instanceof Error && /Throttl|TooManyRequests|RequestLimit|SlowDown/.test(error.name)) {
        this.#patience = Math.min(16, this.#patience * 2)
      }
      throw forAwsUser(error, this.#clients)
    } finally {
      this.#readsUnderWay -= 1
    }
  }
}

/** A task set that is gone tells no more what ran in it. */
function remembering(known: Map<SideName, SideHead>, view: DeploymentView): DeploymentView {
  const side = (name: SideName): SideHead => {
    const told = view.head.sides[name]
    if (told.taskDefinition !== undefined) known.set(name, told)
    return known.get(name) ?? told
  }
  return { ...view, head: { ...view.head, sides: { blue: side('blue'), green: side('green') } } }
}
