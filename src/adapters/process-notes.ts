import type { ContainerLaunch, TaskLaunch } from '../engine/ports.ts'
import { canChangeUser, canLimit } from './process-settings.ts'

/** What a task asks for and a process does not get, a sentence for each kind of thing. */
export function processNotes({ containers, namespaces = {} }: TaskLaunch): readonly string[] {
  const { pidMode, ipcMode } = namespaces
  return [
    isNarrower(pidMode) ? `pidMode ${pidMode} is not enforced: a process sees all of this machine.` : undefined,
    isNarrower(ipcMode)
      ? `ipcMode ${ipcMode} is not enforced: a process has the shared memory of this machine.`
      : undefined,
    note(
      containers,
      ({ readonlyRootFilesystem }) => readonlyRootFilesystem === true,
      (names) => `readonlyRootFilesystem of ${names} is not enforced: a process sees the files of this machine.`,
    ),
    note(
      containers,
      ({ tmpfs = [] }) => tmpfs.length > 0,
      (names) => `The tmpfs of ${names} is not mounted: a process sees the files of this machine.`,
    ),
    note(
      containers,
      ({ capabilities }) => capabilities !== undefined,
      (names) => `The capabilities of ${names} are not changed: a process has those of the user who runs the engine.`,
    ),
    note(
      containers,
      ({ sharedMemoryMebibytes, initProcessEnabled }) =>
        sharedMemoryMebibytes !== undefined || initProcessEnabled === true,
      (names) => `sharedMemorySize and initProcessEnabled of ${names} have no effect on a process.`,
    ),
    canLimit()
      ? undefined
      : note(
          containers,
          ({ ulimits = [] }) => ulimits.length > 0,
          (names) => `The ulimits of ${names} are not set: there is no prlimit on this machine.`,
        ),
    canChangeUser()
      ? undefined
      : note(
          containers,
          ({ user }) => user !== undefined,
          (names) => `The user of ${names} is not changed: that takes an engine run by root, and setpriv.`,
        ),
    note(
      containers,
      ({ registryCredentials }) => registryCredentials !== undefined,
      (names) => `The repositoryCredentials of ${names} are not used: images are made by \`teal build\`, not pulled.`,
    ),
    note(
      containers,
      ({ mounts = [] }) => mounts.length > 0,
      (names) =>
        `The volumes of ${names} are not mounted: a process finds each one in the directory that the variable ` +
        'VOLUME_ and its name tells, such as VOLUME_DATA.',
    ),
  ].flatMap((sentence) => sentence ?? [])
}

/** A process shares with the whole machine, as `host` asks for. */
function isNarrower(mode: string | undefined): boolean {
  return mode !== undefined && mode !== 'host'
}

function note(
  containers: readonly ContainerLaunch[],
  asks: (container: ContainerLaunch) => boolean,
  sentence: (names: string) => string,
): string | undefined {
  const names = containers.filter(asks).map(({ name }) => name)
  if (names.length === 0) return undefined
  return `${sentence(`${names.length === 1 ? 'container' : 'containers'} ${names.join(', ')}`)} Use --runtime docker for it.`
}
