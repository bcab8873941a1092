import type { CopyInstruction, Dockerfile } from './dockerfile.ts'
import type { DockerfileInstruction } from './dockerfile-lines.ts'
import type { BuildNote } from './image.ts'

/**
 * What of a Dockerfile has no effect when its image runs as a process, each with the reason. `isDirectory` is asked about
 * paths of the build context.
 */
export function buildNotes(dockerfile: Dockerfile, isDirectory: (path: string) => boolean): readonly BuildNote[] {
  const copies = new Map(dockerfile.copies.map((copy) => [copy.line, copy]))
  return dockerfile.instructions.flatMap((instruction) => {
    const copy = copies.get(instruction.line)
    const reason =
      copy === undefined
        ? reasonOf(instruction, dockerfile)
        : copyReason(copy, dockerfile.config.workingDirectory, isDirectory)
    if (reason === undefined) return []
    return [{ line: instruction.line, instruction: instruction.name, text: instruction.text, reason }]
  })
}

/** The first file of the build context that is to be copied and is not there: no builder makes such an image. */
export function missingSource(
  { copies }: Pick<Dockerfile, 'copies'>,
  isThere: (path: string) => boolean,
): { readonly line: number; readonly source: string } | undefined {
  for (const { line, from, sources } of copies) {
    // What matches a pattern, comes from the web or stands in the Dockerfile itself is not looked for.
    const source = sources.find((each) => !/[*?[\]]|^\w+:\/\/|^git@|^<</.test(each) && !isThere(each))
    if (from === undefined && source !== undefined) return { line, source }
  }
  return undefined
}

function reasonOf({ name, line }: DockerfileInstruction, dockerfile: Dockerfile): string | undefined {
  switch (name) {
    case 'FROM':
      return dockerfile.stageReferences.has(line)
        ? undefined
        : 'not pulled: the programs of this machine are used; its own ENTRYPOINT, CMD and ENV are not known'
    case 'RUN':
      return 'not executed: what it makes must be in the build context'
    case 'COPY':
    case 'ADD':
      return 'not executed: it belongs to a stage that is not built'
    case 'USER':
      return 'not applied: processes run as the user who runs the engine'
    case 'VOLUME':
      return 'not applied: processes see the file system of this machine'
    case 'HEALTHCHECK':
      return "not applied, as on ECS: the task definition's health check counts"
    case 'ONBUILD':
      return 'not applied: it is for images made from this one'
    default:
      return undefined
  }
}

/** The image has the files where the build context has them; a COPY that puts them elsewhere is not carried out. */
function copyReason(
  copy: CopyInstruction,
  workingDirectory: string,
  isDirectory: (path: string) => boolean,
): string | undefined {
  if (copy.from !== undefined) return `not executed: ${copy.from} is not built; its files must be in the build context`
  const isInPlace = copy.sources.every((source) =>
    landsInPlace(source, copy.destination, workingDirectory, isDirectory),
  )
  return isInPlace ? undefined : 'not executed: files keep the places they have in the build context'
}

function landsInPlace(
  source: string,
  destination: string,
  workingDirectory: string,
  isDirectory: (path: string) => boolean,
): boolean {
  const root = workingDirectory === '/' ? '' : workingDirectory
  const path = source.split('/').filter((part) => part !== '' && part !== '.')
  const place = `${root}/${path.join('/')}`
  const target = destination === '/' ? '/' : destination.replace(/\/$/, '')
  const samePlace = target === (place === '/' ? '/' : place.replace(/\/$/, ''))
  if (path.length === 0 || isDirectory(path.join('/'))) return samePlace
  const parent = `${root}/${path.slice(0, -1).join('/')}`.replace(/\/$/, '')
  const isIntoDirectory = destination.endsWith('/')
  return isIntoDirectory ? target === (parent === '' ? '/' : parent) : samePlace
}
