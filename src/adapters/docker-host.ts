import type { DockerApi } from './docker-api.ts'
import type { DockerHost } from './docker-plan.ts'

type InfoAnswer = {
  readonly NCPU?: number
  readonly OSType?: string
  readonly SecurityOptions?: readonly string[] | null
}

/** Throws where containers' addresses cannot be reached from here. */
export async function readHost(api: DockerApi): Promise<DockerHost> {
  const { NCPU = 1, OSType, SecurityOptions } = await api.call<InfoAnswer>('GET', '/info')
  const isRootless = (SecurityOptions ?? []).some((option) => option.includes('rootless'))
  if (OSType !== 'linux' || process.platform !== 'linux' || isRootless) {
    const what = isRootless ? 'a rootless Docker' : `Docker on ${process.platform}`
    throw new Error(
      `The addresses of containers cannot be reached from this machine with ${what}. Use Docker Engine on Linux, or --runtime process.`,
    )
  }
  return { cpus: NCPU }
}
