import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { mapPaths } from '../domain/image.ts'
import type { Image } from '../domain/image.ts'
import type { ContainerLaunch, TaskLaunch } from '../engine/ports.ts'
import type { PlannedContainer, TaskPlan } from './task-directory.ts'

/** What a process may know of the one who runs the engine; everything else of the engine's environment stays there. */
const passedOn = ['HOME', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR']

/**
 * A container's environment: a few basics of this machine, the places of its volumes (`VOLUME_<NAME>`), then the image's
 * ENV, then what the launch says, then the ports. The process has to listen on `PORT`: the port given for the first container port, or for the one that the image
 * or the definition itself calls PORT. `PORT_<containerPort>` tells all the ports of the task.
 */
export function containerEnvironment(
  launch: ContainerLaunch,
  planned: PlannedContainer,
  task: Pick<TaskLaunch, 'taskId'> & Pick<TaskPlan, 'containers'>,
): Readonly<Record<string, string>> {
  const own = { ...planned.imageEnvironment, ...launch.environment }
  const basics = passedOn.flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value]]
  })
  return {
    ...(Object.fromEntries(basics) as Record<string, string>),
    HOSTNAME: task.taskId.slice(0, 12),
    ...planned.volumeVariables,
    ...own,
    PATH: joinSearchPath(own['PATH']),
    ...portVariables(planned, task.containers, own['PORT']),
  }
}

/** Where a container's program is looked for, as in its later environment. */
export function searchPath(image: Image, environment: Readonly<Record<string, string>>): string {
  const ofImage = image.config.environment['PATH']
  return joinSearchPath(
    environment['PATH'] ?? (ofImage === undefined ? undefined : mapPaths(ofImage, image, existsSync)),
  )
}

/** The Node that runs the engine comes first, so that `node` is always found and of a known version. */
function joinSearchPath(path: string | undefined): string {
  const machine = process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin'
  return [...new Set([dirname(process.execPath), ...(path ?? '').split(':'), ...machine.split(':')])]
    .filter((directory) => directory !== '')
    .join(':')
}

function portVariables(
  planned: PlannedContainer,
  containers: readonly PlannedContainer[],
  named: string | undefined,
): Readonly<Record<string, string>> {
  const all = [...containers.filter(({ name }) => name !== planned.name), planned].flatMap(({ ports }) => ports)
  const main = planned.ports.find(({ containerPort }) => String(containerPort) === named) ?? planned.ports[0]
  return {
    ...Object.fromEntries(all.map(({ containerPort, port }) => [`PORT_${containerPort}`, String(port)])),
    ...(main === undefined ? {} : { PORT: String(main.port) }),
  }
}
