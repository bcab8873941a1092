import type { IncomingMessage } from 'node:http'
import { parseImageReference } from '../domain/image.ts'
import { TaskStartError } from '../engine/ports.ts'
import type { Clock, ContainerLaunch } from '../engine/ports.ts'
import { DockerError } from './docker-api.ts'
import type { DockerApi } from './docker-api.ts'
import { jsonLines } from './json-lines.ts'

type ImageAnswer = { readonly Id: string; readonly RepoDigests?: readonly string[] | null }
type Credentials = NonNullable<ContainerLaunch['registryCredentials']>
type Wanted = Pick<ContainerLaunch, 'image' | 'imageDigest' | 'registryCredentials'>
/** `image` is what Docker is told to make a container of. */
type ImageHere = { readonly image: string; readonly digest: string }

/** The tasks of one service start together, and one pull serves them all. */
const freshMilliseconds = 60_000
/** A registry that sends nothing for so long is taken for dead. */
const silenceMilliseconds = 120_000

/**
 * Docker's images, pulled as the ECS agent pulls them by default: a reference that came from a registry is asked for again
 * each time, and what is here already is used where that fails. An image that was made on this machine is not asked for.
 */
export class DockerImages {
  readonly #api: DockerApi
  readonly #clock: Clock
  readonly #isProcessImage: (reference: string) => Promise<boolean>
  readonly #pulls = new Map<string, Promise<void>>()
  readonly #pulledAt = new Map<string, number>()

  /** @param isProcessImage whether `teal build` has made such an image, which only the process runtime runs */
  constructor(api: DockerApi, clock: Clock, isProcessImage: (reference: string) => Promise<boolean>) {
    this.#api = api
    this.#clock = clock
    this.#isProcessImage = isProcessImage
  }

  /** Sees to it that Docker has the image. Rejects with TaskStartError: CannotPullContainerError. */
  async ensure({ image, imageDigest, registryCredentials }: Wanted): Promise<ImageHere> {
    if (imageDigest === undefined) return { image, digest: await this.#ensure(image, registryCredentials) }
    const here = await this.#find(image)
    if (here !== undefined && hasDigest(here, imageDigest)) return { image, digest: imageDigest }
    const exact = `${nameOf(image)}@${imageDigest}`
    const known = (await this.#find(exact)) ?? (await this.#find(imageDigest))
    if (known !== undefined) return { image: known.Id, digest: imageDigest }
    await this.#ensure(exact, registryCredentials).catch((error: unknown) => {
      if (!(error instanceof TaskStartError)) throw error
      throw new TaskStartError(
        `${error.message} (The tasks of a deployment start from what ${image} was when it began. A new deployment, as ` +
          'with forceNewDeployment, takes what it is now.)',
      )
    })
    return { image: exact, digest: imageDigest }
  }

  /** Answers the image's digest. */
  async #ensure(reference: string, credentials?: Credentials): Promise<string> {
    if (reference.startsWith('file://')) throw await this.#cannot(reference, 'a directory is not an image of Docker.')
    const here = await this.#find(reference)
    if (here !== undefined && !this.#isToBePulled(reference, here)) return digestOf(here)
    try {
      await this.#pull(reference, credentials)
    } catch (error) {
      if (!(error instanceof DockerError)) throw error
      if (here !== undefined) return digestOf(here)
      throw await this.#cannot(reference, `Error response from daemon: ${error.message}`)
    }
    const pulled = await this.#find(reference)
    if (pulled !== undefined) return digestOf(pulled)
    throw await this.#cannot(reference, 'the image is gone after it was pulled.')
  }

  #find(reference: string): Promise<ImageAnswer | undefined> {
    return this.#api
      .find<ImageAnswer>(`/images/${encodeURIComponent(reference).replaceAll('%2F', '/')}/json`)
      .catch((error: unknown) => {
        // What is no reference at all is no image either; the pull says what is wrong with it.
        if (error instanceof DockerError && error.status === 400) return undefined
        throw error
      })
  }

  #isToBePulled(reference: string, { RepoDigests }: ImageAnswer): boolean {
    const isFromRegistry = (RepoDigests ?? []).length > 0
    const pulledAt = this.#pulledAt.get(reference)
    const isFresh = pulledAt !== undefined && this.#clock.now() < pulledAt + freshMilliseconds
    return isFromRegistry && !isFresh && !reference.includes('@')
  }

  #pull(reference: string, credentials: Credentials | undefined): Promise<void> {
    const running = this.#pulls.get(reference)
    if (running !== undefined) return running
    const pull = this.#pullNow(reference, credentials).finally(() => this.#pulls.delete(reference))
    this.#pulls.set(reference, pull)
    return pull
  }

  async #pullNow(reference: string, credentials: Credentials | undefined): Promise<void> {
    const { name, tag, digest } = parsed(reference)
    const answer = await this.#api.stream('POST', '/images/create', {
      query: { fromImage: name, tag: digest ?? tag },
      timeoutMilliseconds: silenceMilliseconds,
      ...(credentials && { headers: { 'x-registry-auth': authentication(name, credentials) } }),
    })
    await finished(answer)
    this.#pulledAt.set(reference, this.#clock.now())
  }

  async #cannot(reference: string, because: string): Promise<TaskStartError> {
    const isOurs = reference.startsWith('file://') || (await this.#isProcessImage(reference))
    const advice = isOurs
      ? ` ${reference} is for tasks as processes (teal serve --runtime process); for Docker, make an image with: ` +
        `docker build -t NAME:TAG DIRECTORY`
      : ''
    return new TaskStartError(`CannotPullContainerError: ${because}${advice}`)
  }
}

/** Reads the progress of a pull to its end; an error comes as a line of it. */
async function finished(answer: IncomingMessage): Promise<void> {
  answer.setTimeout(silenceMilliseconds, () => {
    answer.destroy(new DockerError(504, `the registry sent nothing for ${silenceMilliseconds / 1000} seconds`))
  })
  for await (const { error } of jsonLines<{ readonly error?: string }>(answer)) {
    if (error !== undefined) throw new DockerError(500, error)
  }
}

function parsed(reference: string): ReturnType<typeof parseImageReference> {
  try {
    return parseImageReference(reference)
  } catch (error) {
    throw new DockerError(400, error instanceof Error ? error.message : String(error))
  }
}

/** URL-safe base64 of JSON, with its padding, without which Docker reads nothing and says nothing. */
function authentication(name: string, { username, password }: Credentials): string {
  const [first = ''] = name.split('/')
  const isHost = name.includes('/') && (/[.:]/.test(first) || first === 'localhost')
  const serveraddress = isHost ? first : 'https://index.docker.io/v1/'
  const base64 = Buffer.from(JSON.stringify({ username, password, serveraddress })).toString('base64')
  return base64.replaceAll('+', '-').replaceAll('/', '_')
}

/** The digest by which a registry knows it; of an image made here, its own. */
function digestOf({ Id, RepoDigests }: ImageAnswer): string {
  return RepoDigests?.[0]?.split('@')[1] ?? Id
}

function hasDigest({ Id, RepoDigests }: ImageAnswer, digest: string): boolean {
  return Id === digest || (RepoDigests ?? []).some((each) => each.endsWith(`@${digest}`))
}

/** Without the tag. */
function nameOf(reference: string): string {
  return parsed(reference).name
}
