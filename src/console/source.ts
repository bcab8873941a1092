import type { DeploymentPage, DeploymentView, DocumentView, Overview, Pulse } from './views.ts'

/** Where the console has what it shows from: the engine beside it, or an AWS account. It only reads. */
export interface ConsoleSource {
  overview(query: { readonly text: string }): Promise<Overview>
  deployments(query: DeploymentQuery): Promise<DeploymentPage>
  /** Undefined where there is no deployment of this id. */
  deployment(id: string): Promise<DeploymentView | undefined>
  documents(id: string): Promise<readonly DocumentView[]>
  /** Everything that is known of it, for programs. */
  record(id: string): Promise<object | undefined>
  /**
   * Calls back when what is shown of this deployment (or, without one, of the services) may have changed, until the answer
   * is called. `pulse` says what the load balancer has counted since the last call.
   */
  watch(id: string | undefined, listener: WatchListener): () => void
}

export type WatchListener = { changed(): void; pulse?(pulse: Pulse): void }

export type DeploymentQuery = {
  readonly text: string
  readonly status: string | undefined
  readonly offset: number
  readonly limit: number
}
