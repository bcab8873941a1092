import { DockerError } from './docker-api.ts'
import type { DockerApi } from './docker-api.ts'
import { dockerLabel, findOrMakeDockerIdentity, removeDockerIdentity, writeDockerIdentity } from './docker-identity.ts'
import type { DockerIdentity } from './docker-identity.ts'

type NetworkAnswer = {
  readonly Id: string
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null }
}

/**
 * The bridge network of a data directory. Each task has an address on it, and the engine one as well: the gateway's,
 * by which containers reach it. A network that was removed is made again with the same addresses where they are free.
 */
export class DockerNetwork {
  readonly name: string
  readonly #api: DockerApi
  readonly #dataDirectory: string
  #identity: DockerIdentity
  #ensuring: Promise<void> | undefined

  constructor(api: DockerApi, dataDirectory: string) {
    this.#api = api
    this.#dataDirectory = dataDirectory
    this.#identity = findOrMakeDockerIdentity(dataDirectory)
    this.name = `teal-${this.#identity.id}`
  }

  /** The engine's address on the network, as it was last known. */
  get gateway(): string | undefined {
    return this.#identity.network?.gateway
  }

  /** Makes sure that there is one. Throws as the Docker API does. */
  ensure(): Promise<void> {
    this.#ensuring ??= this.#ensure().finally(() => {
      this.#ensuring = undefined
    })
    return this.#ensuring
  }

  /** The data directory forgets it as well. */
  async remove(): Promise<void> {
    try {
      await this.#api.call('DELETE', `/networks/${this.name}`)
    } catch (error) {
      if (!(error instanceof DockerError && error.status === 404)) throw error
    }
    removeDockerIdentity(this.#dataDirectory)
  }

  async #ensure(): Promise<void> {
    const found = (await this.#find()) ?? (await this.#make())
    const [config] = found.IPAM?.Config ?? []
    const { Subnet: subnet, Gateway: gateway } = config ?? {}
    if (subnet === undefined || gateway === undefined) throw new Error(`Network ${this.name} has no IPv4 gateway.`)
    const known = this.#identity.network
    if (known?.subnet === subnet && known.gateway === gateway) return
    this.#identity = { ...this.#identity, network: { subnet, gateway } }
    writeDockerIdentity(this.#dataDirectory, this.#identity)
  }

  #find(): Promise<NetworkAnswer | undefined> {
    return this.#api.find<NetworkAnswer>(`/networks/${this.name}`)
  }

  async #make(): Promise<NetworkAnswer> {
    const { network } = this.#identity
    if (network === undefined || !(await this.#created(network).catch(refused))) await this.#created(undefined)
    const made = await this.#find()
    if (made === undefined) throw new Error(`Network ${this.name} is gone.`)
    return made
  }

  async #created(addresses: DockerIdentity['network']): Promise<true> {
    const config = addresses && [{ Subnet: addresses.subnet, Gateway: addresses.gateway }]
    await this.#api.call('POST', '/networks/create', {
      body: {
        Name: this.name,
        CheckDuplicate: true,
        Driver: 'bridge',
        Labels: { [dockerLabel.dataDirectory]: this.#identity.id, [dockerLabel.path]: this.#dataDirectory },
        // The kernel's names of interfaces have 15 letters at most.
        Options: { 'com.docker.network.bridge.name': this.name },
        ...(config === undefined ? {} : { IPAM: { Driver: 'default', Config: config } }),
      },
    })
    return true
  }
}

/** The addresses it had have been given to another network meanwhile. */
function refused(error: unknown): false {
  if (error instanceof DockerError) return false
  throw error
}
