import type { Clock, Log } from '../engine/ports.ts'
import { DockerUnreachable } from './docker-api.ts'
import type { DockerApi } from './docker-api.ts'
import { dockerLabel } from './docker-identity.ts'
import { jsonLines } from './json-lines.ts'

type DockerEvent = { readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> } }

type Watching = {
  readonly api: DockerApi
  readonly clock: Clock
  readonly log: Log | undefined
  readonly dataDirectoryId: string
  readonly signal: AbortSignal
  /** A container of this task has ended; without a name, the one that held the task's network. */
  readonly ended: (taskId: string, containerName: string | undefined) => void
  /** Docker answers (again): whatever may have happened before, nobody has told. */
  readonly connected: () => Promise<void>
}

const retryMilliseconds = 500

/**
 * Tells of containers that end, for as long as the signal lets it. Docker may end and come back as often as it likes.
 */
export async function watchDocker(watching: Watching): Promise<void> {
  const { clock, log, signal } = watching
  let isAway = false
  while (!signal.aborted) {
    try {
      await watchOnce(watching, () => {
        if (isAway) log?.info('Docker answers again.')
        isAway = false
      })
    } catch (error) {
      if (signal.aborted) return
      if (!isAway) log?.warn(`${messageOf(error)}. Tasks are looked after again when it does.`)
      isAway = true
    }
    await clock.sleep(retryMilliseconds, signal).catch(() => undefined)
  }
}

async function watchOnce(
  { api, dataDirectoryId, signal, ended, connected }: Watching,
  begun: () => void,
): Promise<void> {
  const filters = {
    type: ['container'],
    event: ['die'],
    label: [`${dockerLabel.dataDirectory}=${dataDirectoryId}`],
  }
  const answer = await api.stream('GET', '/events', { query: { filters: JSON.stringify(filters) }, signal })
  begun()
  try {
    await connected()
    for await (const { Actor } of jsonLines<DockerEvent>(answer)) {
      const taskId = Actor?.Attributes?.[dockerLabel.task]
      if (taskId !== undefined) ended(taskId, Actor?.Attributes?.[dockerLabel.container])
    }
  } catch (error) {
    if (error instanceof DockerUnreachable) throw error
    throw new DockerUnreachable(api.socketPath, messageOf(error))
  } finally {
    answer.destroy()
  }
  throw new DockerUnreachable(api.socketPath, 'it has ended')
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
