import { accessSync, constants, existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { containerArguments, ImageError, mapPath, mapPaths, resolvePath } from '../domain/image.ts'
import type { Image } from '../domain/image.ts'
import { TaskStartError } from '../engine/ports.ts'
import type { ContainerLaunch } from '../engine/ports.ts'
import { searchPath } from './container-environment.ts'
import { commandPrefix, userPrefix } from './process-settings.ts'
import type { PlannedContainer } from './task-directory.ts'

/** Where images come from. Rejects with ImageError for one that nobody knows. */
export type ImageSource = { resolve(reference: string): Promise<Image> }

/**
 * What a container will run, where and as what, its ports aside; all that can be found out without starting it. Rejects
 * with TaskStartError in ECS's words.
 */
export async function planContainer(launch: ContainerLaunch, images: ImageSource): Promise<PlannedContainer> {
  const image = await resolveImage(launch, images)
  const directory = containerDirectory(launch, image)
  const [program, ...rest] = containerArguments(image.config, launch).map((each) => mapPaths(each, image, existsSync))
  if (program === undefined || program === '') {
    throw cannotStart(launch, `no command specified: neither the image ${launch.image} nor the task definition has one`)
  }
  const environment = image.config.environment
  checkProgram(program, directory, searchPath(image, launch.environment), launch)
  return {
    name: launch.name,
    image: launch.image,
    ...(image.digest === undefined ? {} : { digest: image.digest }),
    arguments: [...commandPrefix(launch), program, ...rest],
    userPrefix: userPrefix(launch),
    directory,
    imageEnvironment: { ...environment, ...mappedSearchPath(image) },
    ports: [],
    stopSignal: (image.config.stopSignal ?? 'SIGTERM') as NodeJS.Signals,
    stopTimeoutSeconds: launch.stopTimeoutSeconds,
  }
}

async function resolveImage({ image, imageDigest }: ContainerLaunch, images: ImageSource): Promise<Image> {
  try {
    return await images.resolve(imageDigest === undefined ? image : `${image}@${imageDigest}`)
  } catch (error) {
    if (error instanceof ImageError) throw new TaskStartError(`CannotPullContainerError: ${error.message}`)
    throw error
  }
}

/** The definition's working directory means a place in the container; it has to lie in the image. */
function containerDirectory(launch: ContainerLaunch, image: Image): string {
  const { workingDirectory } = image.config
  if (launch.workingDirectory === undefined) return checkDirectory(launch, image.directory)
  const wanted = resolvePath(workingDirectory, launch.workingDirectory)
  const directory = mapPath(wanted, image, existsSync)
  if (directory !== undefined) return checkDirectory(launch, directory)
  throw cannotStart(
    launch,
    `the working directory "${launch.workingDirectory}" lies outside the image, whose files stand for ${workingDirectory}`,
  )
}

function checkDirectory(launch: ContainerLaunch, directory: string): string {
  if (statSync(directory, { throwIfNoEntry: false })?.isDirectory() === true) return directory
  throw cannotStart(launch, `the working directory ${directory} does not exist`)
}

/** Looks for the program as exec does, so that a typing error is told before anything starts. */
function checkProgram(program: string, directory: string, path: string, launch: ContainerLaunch): void {
  if (!program.includes('/')) {
    if (path.split(':').some((each) => isExecutable(join(resolve(directory, each), program)))) return
    const hint = 'a process uses the programs of this machine: install it here or put it into the image'
    throw cannotStart(launch, `exec: "${program}": executable file not found in $PATH (${hint})`)
  }
  const file = resolve(directory, program)
  if (isExecutable(file)) return
  const problem = existsSync(file) ? 'permission denied (is it executable?)' : `stat ${file}: no such file or directory`
  throw cannotStart(launch, `exec: "${program}": ${problem}`)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

function mappedSearchPath(image: Image): Readonly<Record<string, string>> {
  const path = image.config.environment['PATH']
  return path === undefined ? {} : { PATH: mapPaths(path, image, existsSync) }
}

function cannotStart(launch: ContainerLaunch, problem: string): TaskStartError {
  return new TaskStartError(`CannotStartContainerError: container ${launch.name}: ${problem}`)
}
