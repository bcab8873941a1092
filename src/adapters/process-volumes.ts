import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerLaunch, TaskLaunch, TaskVolume } from '../engine/ports.ts'
import { userIds } from './process-settings.ts'

/**
 * Where the files of a container's volumes are, as variables: `VOLUME_DATA` for a volume named `data`. A process sees the
 * files of this machine, so nothing can be mounted at a containerPath; the directory's name is told instead.
 */
export function volumeVariables(
  container: ContainerLaunch,
  { volumes = [] }: TaskLaunch,
  places: VolumePlaces,
): Readonly<Record<string, string>> {
  const owner = userIds(container)
  const variables = (container.mounts ?? []).map(({ volumeName }) => {
    const volume = volumes.find(({ name }) => name === volumeName) ?? { name: volumeName }
    const directory = volumeDirectory(volume, places)
    // A directory of the machine is left as it is.
    if (owner !== undefined && !volume.hostPath) chownSync(directory, owner.uid, owner.gid)
    return [`VOLUME_${volumeName.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`, directory]
  })
  return Object.fromEntries(variables) as Record<string, string>
}

/** `task`: for volumes that end with the task; `shared`: for those that stay. */
export type VolumePlaces = { readonly task: string; readonly shared: string }

/** The volume's directory, made where it is missing: one of this machine, one of the task, or one that tasks share. */
function volumeDirectory({ name, hostPath, docker }: TaskVolume, places: VolumePlaces): string {
  const directory = hostPath || join(docker?.scope === 'shared' ? places.shared : places.task, name)
  mkdirSync(directory, { recursive: true, mode: 0o755 })
  return directory
}
