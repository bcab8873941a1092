import type { Clock, ContainerObservation } from '../engine/ports.ts'
import { DockerUnreachable } from './docker-api.ts'
import type { DockerApi } from './docker-api.ts'
import type { ContainerDetails } from './docker-containers.ts'
import { dockerLabel } from './docker-identity.ts'
import { jsonLines } from './json-lines.ts'

type DockerEvent = {
  readonly Action?: string
  readonly Actor?: { readonly Attributes?: Readonly<Record<string, string>> }
}

/** How a process ends that SIGKILL ended, whoever sent it. */
const killedExitCode = 137

/** How long after a container's end Docker may tell that it was for memory: more than a second was seen under load. */
const patienceMilliseconds = 3_000

/** How long an answer may take beyond that. */
const graceMilliseconds = 10_000

/** What has become of a container that was started, in ECS's words. */
export async function observeContainer(
  api: DockerApi,
  clock: Clock,
  container: ContainerDetails,
): Promise<ContainerObservation> {
  const { Id, State, Config } = container
  const name = Config.Labels?.[dockerLabel.container] ?? ''
  const imageDigest = Config.Labels?.[dockerLabel.imageDigest]
  const same = { name, runtimeId: Id, ...(imageDigest === undefined ? {} : { imageDigest }) }
  if (isRunning(container)) return { ...same, state: { kind: 'running' } }
  const isForMemory = State.OOMKilled || (mayBeForMemory(container) && (await isToldOfMemory(api, clock, container)))
  const reason = isForMemory ? { reason: 'OutOfMemoryError: Container killed due to memory usage' } : {}
  return { ...same, state: { kind: 'exited', exitCode: State.ExitCode, ...reason } }
}

export function isRunning({ State }: Pick<ContainerDetails, 'State'>): boolean {
  return State.Status === 'running' || State.Status === 'paused' || State.Status === 'restarting'
}

/** Where there is no limit, there is nothing to wait for. */
function mayBeForMemory({ State, HostConfig }: ContainerDetails): boolean {
  return State.ExitCode === killedExitCode && HostConfig.Memory > 0
}

/**
 * The kernel's news of a kill for memory and that of the end reach Docker by different ways. Where the end comes first,
 * Docker keeps it without the reason for good, and tells the reason as an event only. That Docker was asked for the kill
 * is an event too, so whoever did it, an earlier engine for instance, nobody waits here.
 */
async function isToldOfMemory(api: DockerApi, clock: Clock, { Id, State }: ContainerDetails): Promise<boolean> {
  const until = Date.parse(State.FinishedAt) + patienceMilliseconds
  const filters = { type: ['container'], container: [Id], event: ['oom', 'kill'] }
  const query = { filters: JSON.stringify(filters), since: seconds(Date.parse(State.StartedAt)), until: seconds(until) }
  const signal = AbortSignal.timeout(Math.max(0, until - clock.now()) + graceMilliseconds)
  const answer = await api.stream('GET', '/events', { query, signal })
  try {
    for await (const { Action, Actor } of jsonLines<DockerEvent>(answer)) {
      if (Action === 'oom') return true
      if (Action === 'kill' && Actor?.Attributes?.['signal'] === '9') return false
    }
    return false
  } catch (error) {
    throw new DockerUnreachable(api.socketPath, error instanceof Error ? error.message : String(error))
  } finally {
    answer.destroy()
  }
}

/** Docker's form of a time that was given in epoch milliseconds. What never was is to Docker before all of them. */
function seconds(milliseconds: number): string {
  return (Math.max(0, milliseconds) / 1000).toFixed(3)
}
