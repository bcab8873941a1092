import type * as sdk from '@aws-sdk/client-ecs'
import type { Volume } from '../../domain/task-definition.ts'
import type { Checked } from '../handlers.ts'
import { defined } from './defined.ts'
import { clientError } from './errors.ts'
import { refusedMember, volumeMembers } from './members.ts'
import { namePattern } from './names.ts'

/** @throws ClientException naming the volume. */
export function readVolumes(
  inputs: readonly Checked<sdk.Volume>[],
  { fargate }: { readonly fargate: boolean },
): readonly Volume[] {
  const volumes = inputs.map((input) => readVolume(input, fargate))
  if (new Set(volumes.map(({ name }) => name)).size < volumes.length) {
    throw clientError('Volume names must be unique within a Task Definition.')
  }
  return volumes
}

function readVolume(input: Checked<sdk.Volume>, fargate: boolean): Volume {
  const { name, host, dockerVolumeConfiguration } = input
  if (!name) throw clientError('Volume.name should not be null or empty.')
  if (!namePattern.test(name)) throw clientError('Volume.name contains invalid characters.')
  const refused = refusedMember(volumeMembers, input)
  if (refused !== undefined) {
    throw clientError(`Volume '${name}': ${refused.member} is not supported by Teal yet. ${refused.advice}`)
  }
  if (fargate && host?.sourcePath) throw clientError('Fargate compatible task definitions do not support sourcePath.')
  if (fargate && dockerVolumeConfiguration !== undefined) {
    throw clientError('Fargate compatible task definitions do not support dockerVolumeConfiguration.')
  }
  if (host?.sourcePath !== undefined && host.sourcePath !== '' && !host.sourcePath.startsWith('/')) {
    throw clientError(`Volume '${name}': the sourcePath '${host.sourcePath}' must be absolute.`)
  }
  return {
    name,
    ...defined({
      host: host && defined({ sourcePath: host.sourcePath }),
      dockerVolumeConfiguration: dockerVolumeConfiguration && defined(dockerVolumeConfiguration),
    }),
  }
}
