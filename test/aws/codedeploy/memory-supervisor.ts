import { isTerminal, type Deployment, type TaskSetInfo } from '../../../src/domain/deployment.ts'
import type { DeploymentSupervisor } from '../../../src/engine/engine.ts'
import { recordVerdict, type HookVerdict } from '../../../src/engine/hook-execution.ts'
import type { Store } from '../../../src/engine/store.ts'

/** Keeps deployments and runs none: a test says what becomes of them. */
export class MemorySupervisor implements DeploymentSupervisor {
  readonly calls: string[] = []
  shownTaskSets: readonly TaskSetInfo[] = []
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  create(deployment: Deployment): void {
    this.#store.deployments.put(deployment.deploymentId, deployment)
  }

  stop(deploymentId: string, autoRollbackEnabled: boolean | undefined): void {
    this.calls.push(`stop ${deploymentId} ${autoRollbackEnabled}`)
    const asked = autoRollbackEnabled === undefined ? {} : { autoRollbackEnabled }
    this.become(deploymentId, { stopRequest: { at: 0, ...asked } })
  }

  continueWait(deploymentId: string, waitType: string): void {
    this.calls.push(`continue ${deploymentId} ${waitType}`)
  }

  recordHookVerdict(verdict: HookVerdict): 'recorded' | 'already-completed' | undefined {
    return recordVerdict({ store: this.#store, clock: { now: () => 0, sleep: () => Promise.resolve() } }, verdict)
  }

  running(group: Pick<Deployment, 'region' | 'applicationName' | 'deploymentGroupName'>): Deployment | undefined {
    return this.#store.deployments
      .list()
      .find(
        (deployment) =>
          !isTerminal(deployment.status) &&
          deployment.region === group.region &&
          deployment.applicationName === group.applicationName &&
          deployment.deploymentGroupName === group.deploymentGroupName,
      )
  }

  taskSets(): readonly TaskSetInfo[] {
    return this.shownTaskSets
  }

  become(deploymentId: string, changes: Partial<Deployment>): void {
    const deployment = this.#store.deployments.get(deploymentId)
    if (deployment === undefined) throw new Error(`There is no deployment ${deploymentId}.`)
    this.#store.deployments.put(deploymentId, { ...deployment, ...changes })
  }
}
