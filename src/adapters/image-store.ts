import { createHash, randomUUID } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildNotes, missingSource } from '../domain/build-notes.ts'
import { parseDockerfile } from '../domain/dockerfile.ts'
import { parseDockerignore } from '../domain/dockerignore.ts'
import { ImageError, parseImageReference } from '../domain/image.ts'
import type { BuiltImage, Image, ImageConfig, ImageReference } from '../domain/image.ts'
import { copyContext, listContext } from './build-context.ts'
import { checkFolders, makeDataDirectory } from './data-directory.ts'
import { writeDurably } from './durable-file.ts'
import { codeOf } from './error-code.ts'
import { makeDirectories } from './make-directories.ts'
import { identityOf } from './process-identity.ts'

export type ImageBuild = {
  /** The build context. */
  readonly directory: string
  /** `name:tag`. */
  readonly tag: string
  /** The Dockerfile; the one in the directory unless given. */
  readonly file?: string
}

/** What a directory without a Dockerfile says: nothing, so the task definition has to. */
const emptyConfig: ImageConfig = { environment: {}, workingDirectory: '/', exposedPorts: [], labels: {} }

/**
 * Images under `<data>/images`: `sha256-…` holds an image (`files` and `config.json`) and never changes, `tags/…` names one.
 * Everything appears by a rename, so building, building twice at once and running tasks do not disturb each other.
 */
export class ImageStore {
  readonly #data: string
  readonly #images: string
  readonly #tags: string

  constructor(dataDirectory: string) {
    this.#data = resolve(dataDirectory)
    this.#images = join(this.#data, 'images')
    this.#tags = join(this.#images, 'tags')
  }

  /**
   * Finds `name[:tag]`, `name@sha256:…` or `file:///directory`, the latter as it is at this moment. Rejects with
   * ImageError, in words for the one who wrote the reference.
   */
  async resolve(reference: string): Promise<Image> {
    if (reference.startsWith('file:')) return explained(() => inPlace(reference))
    return explained(() => this.#find(reference, parseImageReference(reference)))
  }

  /** Makes an image of a directory and its Dockerfile; nothing of the Dockerfile is executed. Rejects with ImageError. */
  async build({ directory, tag, file }: ImageBuild): Promise<BuiltImage> {
    return explained(async () => {
      const name = parseImageReference(tag)
      if (name.digest !== undefined)
        throw new ImageError(`a digest cannot be chosen: name the image ${name.name}:${name.tag}`)
      const context = contextDirectory(directory)
      const dockerfilePath = file ?? join(directory, 'Dockerfile')
      const dockerfile = parseDockerfile(readDockerfile(dockerfilePath), dockerfilePath)
      const missing = missingSource(dockerfile, (path) => existsSync(join(context, path)))
      if (missing !== undefined) {
        throw new ImageError(
          `${dockerfilePath}:${missing.line}: there is no ${missing.source} in the build context ${directory}`,
        )
      }
      const notes = buildNotes(dockerfile, (path) => isDirectory(join(context, path)))
      const made = await this.#snapshot(context, dockerfilePath, dockerfile.config)
      const label = `${name.name}:${name.tag}`
      makeDirectories(this.#tags)
      writeDurably(this.#tagFile(name), `${JSON.stringify({ reference: label, digest: made.digest })}\n`, 0o644)
      return { ...made, reference: label, directory: this.#files(made.digest), config: dockerfile.config, notes }
    })
  }

  #find(reference: string, name: ImageReference): Image {
    const digest = name.digest ?? this.#taggedDigest(name)
    if (digest !== undefined) {
      const config = readJson(join(this.#imageDirectory(digest), 'config.json'), reference) as ImageConfig | undefined
      if (config !== undefined) return { reference, digest, directory: this.#files(digest), config }
    }
    // Always told: whoever builds may do so in another directory, whose own `.teal` this one would not be.
    const build = `teal build DIRECTORY --tag ${name.name}:${name.tag} --data ${this.#data}`
    throw new ImageError(
      `image ${reference} is not known here: make it with \`${build}\`, or run a directory in place as file:///DIRECTORY ` +
        '(processes cannot run images of a registry)',
    )
  }

  #taggedDigest(name: ImageReference): string | undefined {
    const tag = readJson(this.#tagFile(name), `${name.name}:${name.tag}`) as { digest: string } | undefined
    return tag?.digest
  }

  async #snapshot(
    context: string,
    dockerfilePath: string,
    config: ImageConfig,
  ): Promise<Pick<BuiltImage, 'digest' | 'files' | 'bytes'>> {
    makeDataDirectory(this.#data)
    checkFolders(this.#data, ['images'])
    makeDirectories(this.#images)
    this.#clearAbandoned()
    const temporary = join(this.#images, `.building-${process.pid}-${randomUUID()}`)
    try {
      const files = join(temporary, 'files')
      mkdirSync(files, { recursive: true })
      // The data directory often lies in the context; an image that holds all the earlier ones is never meant.
      const entries = await listContext(context, readIgnoreRules(context, dockerfilePath), [realpathSync(this.#data)])
      const copy = await copyContext(entries, context, files)
      const configText = `${JSON.stringify(config, undefined, 2)}\n`
      const digest = `sha256:${createHash('sha256').update(copy.listing).update(configText).digest('hex')}`
      writeFileSync(join(temporary, 'config.json'), configText)
      this.#keep(temporary, digest)
      return { digest, files: copy.files, bytes: copy.bytes }
    } finally {
      rmSync(temporary, { recursive: true, force: true })
    }
  }

  /** The first to come keeps its place: an image of the same digest is the same. */
  #keep(temporary: string, digest: string): void {
    try {
      renameSync(temporary, this.#imageDirectory(digest))
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) throw error
    }
  }

  /** What a build leaves behind that was killed. */
  #clearAbandoned(): void {
    for (const name of readdirSync(this.#images)) {
      const pid = /^\.building-(\d+)-/.exec(name)?.[1]
      if (pid !== undefined && identityOf(Number(pid)) === undefined) {
        rmSync(join(this.#images, name), { recursive: true, force: true })
      }
    }
  }

  #imageDirectory(digest: string): string {
    return join(this.#images, digest.replace(':', '-'))
  }

  #files(digest: string): string {
    return join(this.#imageDirectory(digest), 'files')
  }

  /** A name has slashes; as a file's name it has none. */
  #tagFile({ name, tag }: ImageReference): string {
    return join(this.#tags, encodeURIComponent(`${name}:${tag}`))
  }
}

function inPlace(reference: string): Image {
  if (!URL.canParse(reference) || new URL(reference).host !== '' || !reference.startsWith('file:///')) {
    throw new ImageError(`"${reference}" must be an absolute directory with three slashes: file:///home/me/app`)
  }
  const directory = fileURLToPath(reference).replace(/(?<=.)\/+$/, '')
  if (!isDirectory(directory)) throw new ImageError(`the directory ${directory} of ${reference} does not exist`)
  const file = join(directory, 'Dockerfile')
  const text = readIfThere(file)
  return { reference, directory, config: text === undefined ? emptyConfig : parseDockerfile(text, file).config }
}

function contextDirectory(directory: string): string {
  if (!isDirectory(directory)) throw new ImageError(`the build context ${directory} is not a directory`)
  return realpathSync(directory)
}

function readDockerfile(path: string): string {
  const text = readIfThere(path)
  if (text !== undefined) return text
  throw new ImageError(`there is no ${path}: write one (FROM, WORKDIR, CMD are enough), or name it with --file`)
}

/** `<Dockerfile>.dockerignore` beside the Dockerfile comes before the context's own. */
function readIgnoreRules(context: string, dockerfilePath: string): ReturnType<typeof parseDockerignore> {
  const own = readIfThere(`${dockerfilePath}.dockerignore`)
  return parseDockerignore(own ?? readIfThere(join(context, '.dockerignore')) ?? '')
}

/** Turns what the file system and the parsers say into ImageErrors. */
async function explained<Result>(work: () => Result | Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof ImageError || !(error instanceof Error)) throw error
    throw Object.assign(new ImageError(error.message), { cause: error })
  }
}

function readJson(file: string, reference: string): unknown {
  const text = readIfThere(file)
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    throw new ImageError(`image ${reference} cannot be read: ${file} is damaged. Remove it, and make the image again`)
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    throw error
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
