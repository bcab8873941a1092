import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DockerApi } from '../../src/adapters/docker-api.ts'
import { nodeImage, withoutDocker } from '../adapters/docker-world.ts'
import { asProcesses } from './theatre.ts'
import type { Stage } from './theatre.ts'

const example = new URL('../../examples/hello/', import.meta.url)

/** `examples/hello` as an image of Docker. */
export function helloImage(version: string, api?: DockerApi): Promise<string> {
  const server = readFileSync(new URL('server.mjs', example), 'utf8')
  return nodeImage({ 'server.mjs': server, 'version.txt': `${version}\n` }, ['CMD ["node", "server.mjs"]'], api)
}

/**
 * A theatre's tasks in the machine's own Docker engine. The first process of a container hears no SIGTERM before it listens
 * for it: one that is stopped right after its start lives until its stop time-out.
 */
export const inDocker: Stage = {
  runtime: 'docker',
  firstImage: () => helloImage('1'),
  secondImage: () => helloImage('2'),
  container: { stopTimeout: 3 },
}

/** What is to be the same wherever tasks run. */
export const everyStage = [
  { where: 'as processes', stage: asProcesses, skip: false },
  { where: 'in Docker', stage: inDocker, skip: await withoutDocker() },
] as const

/** By which its things in Docker are found. */
export function dockerIdOf(dataDirectory: string): string {
  const { id } = JSON.parse(readFileSync(join(dataDirectory, 'docker.json'), 'utf8')) as { id: string }
  return id
}

/** The names of a data directory's containers, networks and volumes. */
export async function leftInDocker(api: DockerApi, id: string): Promise<readonly string[]> {
  const query = { all: true, filters: JSON.stringify({ label: [`teal.data-directory=${id}`] }) }
  const containers = await api.call<readonly { Names: readonly string[] }[]>('GET', '/containers/json', { query })
  const networks = await api.call<readonly { Name: string }[]>('GET', '/networks', { query })
  const { Volumes } = await api.call<{ Volumes: readonly { Name: string }[] | null }>('GET', '/volumes', { query })
  return [...containers.flatMap(({ Names }) => Names), ...[...networks, ...(Volumes ?? [])].map(({ Name }) => Name)]
}
