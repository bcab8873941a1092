import type { ContainerDefinition, Volume } from '../../domain/task-definition.ts'
import { clientError } from './errors.ts'

/**
 * Checks what containers say of one another and of the task's volumes.
 * @throws ClientException naming the container and what it names.
 */
export function checkReferences(containers: readonly ContainerDefinition[], volumes: readonly Volume[]): void {
  for (const { name, dependsOn = [], mountPoints = [] } of containers) {
    const unknown = mountPoints.find(({ sourceVolume }) => !volumes.some((volume) => volume.name === sourceVolume))
    if (unknown !== undefined) throw clientError(`Unknown volume '${unknown.sourceVolume}'.`)
    for (const { containerName, condition } of dependsOn) {
      const other = containers.find((container) => container.name === containerName)
      const invalid = (rest: string) => clientError(`Invalid 'dependsOn' setting for container '${name}'. ${rest}`)
      if (containerName === name) throw invalid('A container cannot depend on itself.')
      if (other === undefined) throw invalid(`There is no container '${containerName}' in the task definition.`)
      if (condition === 'HEALTHY' && (other.healthCheck === undefined || other.healthCheck.command[0] === 'NONE')) {
        throw invalid(`Container '${containerName}' has no healthCheck, so that it never becomes HEALTHY.`)
      }
      if ((condition === 'COMPLETE' || condition === 'SUCCESS') && other.essential) {
        throw invalid(`Container '${containerName}' is essential: the task would end with it (${condition}).`)
      }
    }
    if (new Set(dependsOn.map(({ containerName }) => containerName)).size < dependsOn.length) {
      throw clientError(`Invalid 'dependsOn' setting for container '${name}'. A container is named more than once.`)
    }
  }
  const circle = findCircle(containers)
  if (circle === undefined) return
  throw clientError(
    `Invalid 'dependsOn' setting. The containers depend on each other in a circle: ${circle.join(', ')}.`,
  )
}

/** Those that are left when all that can start have started. */
function findCircle(containers: readonly ContainerDefinition[]): readonly string[] | undefined {
  let left = containers
  for (;;) {
    const names = new Set(left.map(({ name }) => name))
    const next = left.filter(({ dependsOn = [] }) => dependsOn.some(({ containerName }) => names.has(containerName)))
    if (next.length === 0) return undefined
    if (next.length === left.length) return next.map(({ name }) => name)
    left = next
  }
}
