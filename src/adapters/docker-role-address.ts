import { DockerError } from './docker-api.ts'
import type { DockerApi } from './docker-api.ts'
import { dockerLabel } from './docker-identity.ts'

/** Where ECS's tasks find the credentials of their roles. */
const address = '169.254.170.2'
const name = 'teal-task-roles'

/**
 * Beside a task's own loopback, the only address from which AWS's SDKs take a role's credentials over plain HTTP. A network
 * that no container joins gives it to this machine; the data directories share it, and the last one takes it away.
 */
export class DockerRoleAddress {
  readonly #api: DockerApi
  #isThere = false

  constructor(api: DockerApi) {
    this.#api = api
  }

  /** Undefined where this machine does not have it, as far as is known: somebody else's network may. */
  get address(): string | undefined {
    return this.#isThere ? address : undefined
  }

  /** Makes sure of it where that is possible. Throws DockerUnreachable. */
  async ensure(): Promise<void> {
    this.#isThere = (await this.#isMade()) || (await this.#make())
  }

  async removeIfLast(): Promise<void> {
    const query = { filters: JSON.stringify({ label: [dockerLabel.dataDirectory] }) }
    const others = await this.#api.call<readonly object[]>('GET', '/networks', { query })
    if (others.length > 0) return
    // Somebody else may have been the last one too, or is the next one already.
    await this.#api.call('DELETE', `/networks/${name}`).catch(ignoreRefusal)
  }

  async #isMade(): Promise<boolean> {
    return (await this.#api.find(`/networks/${name}`)) !== undefined
  }

  async #make(): Promise<boolean> {
    const body = {
      Name: name,
      CheckDuplicate: true,
      Driver: 'bridge',
      IPAM: { Driver: 'default', Config: [{ Subnet: '169.254.170.0/30', Gateway: address }] },
    }
    await this.#api.call('POST', '/networks/create', { body }).catch(ignoreRefusal)
    return await this.#isMade()
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof DockerError)) throw error
}
