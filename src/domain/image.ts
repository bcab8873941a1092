/** What an image says about the container made of it: the runtime part of a Dockerfile's last stage. */
export type ImageConfig = {
  readonly entryPoint?: readonly string[]
  readonly command?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Absolute. The image's directory stands for it. */
  readonly workingDirectory: string
  /** As Docker writes them: `8080/tcp`. They inform; the task definition's port mappings count. */
  readonly exposedPorts: readonly string[]
  readonly labels: Readonly<Record<string, string>>
  /** What `stop` sends first; SIGTERM when absent. */
  readonly stopSignal?: string
}

/** An image that is ready to run. */
export type Image = {
  readonly reference: string
  /** `sha256:…`; absent where a directory runs in place and may change under the process. */
  readonly digest?: string
  /** The directory on this machine which stands for the image's WORKDIR. */
  readonly directory: string
  readonly config: ImageConfig
}

export type ImageReference = { readonly name: string; readonly tag: string; readonly digest?: string }

/** A thing in a Dockerfile that has no effect here, and why. */
export type BuildNote = {
  readonly line: number
  readonly instruction: string
  readonly text: string
  readonly reason: string
}

/** What a build made. */
export type BuiltImage = {
  readonly reference: string
  readonly digest: string
  readonly directory: string
  readonly config: ImageConfig
  readonly files: number
  readonly bytes: number
  readonly notes: readonly BuildNote[]
}

/** Why an image cannot be made or found, in a sentence for the one who asked for it. */
export class ImageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ImageError'
  }
}

const component = /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/
const registryHost = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d+)?$/
const tagText = /^\w[\w.-]{0,127}$/
const digestText = /^sha256:[0-9a-f]{64}$/

/**
 * Reads `[registry[:port]/]name[/name…][:tag][@sha256:…]` with Docker's rules; the tag is `latest` unless given.
 * Throws ImageError with what is wrong.
 */
export function parseImageReference(text: string): ImageReference {
  const [beforeDigest = '', digest, ...more] = text.split('@')
  if (more.length > 0 || (digest !== undefined && !digestText.test(digest))) {
    throw new ImageError(`invalid reference format: after @ comes sha256: and 64 hexadecimal digits, in "${text}"`)
  }
  // A colon before the last slash belongs to the registry's port.
  const colon = beforeDigest.lastIndexOf(':')
  const hasTag = colon > beforeDigest.lastIndexOf('/')
  const name = hasTag ? beforeDigest.slice(0, colon) : beforeDigest
  const tag = hasTag ? beforeDigest.slice(colon + 1) : 'latest'
  checkName(name, text)
  if (!tagText.test(tag)) {
    throw new ImageError(`invalid reference format: "${tag}" cannot be a tag (letters, digits, _ . -), in "${text}"`)
  }
  return digest === undefined ? { name, tag } : { name, tag, digest }
}

function checkName(name: string, text: string): void {
  const parts = name.split('/')
  const path = parts.length > 1 && isRegistry(parts[0] ?? '') ? parts.slice(1) : parts
  if (path.every((part) => component.test(part))) return
  const hint = name === name.toLowerCase() ? 'letters, digits and . _ - between them' : 'it must be lowercase'
  throw new ImageError(`invalid reference format: "${name}" cannot be an image's name (${hint}), in "${text}"`)
}

function isRegistry(part: string): boolean {
  return registryHost.test(part) && (part.includes('.') || part.includes(':') || part === 'localhost')
}

type Override = { readonly entryPoint?: readonly string[]; readonly command?: readonly string[] }

/**
 * What a container runs, with Docker's rules: the definition's `entryPoint` replaces the image's ENTRYPOINT and drops its
 * CMD; `command` replaces CMD. Empty when nobody names a command.
 */
export function containerArguments(config: ImageConfig, override: Override): readonly string[] {
  if (override.entryPoint !== undefined && override.entryPoint.length > 0) {
    return [...override.entryPoint, ...(override.command ?? [])]
  }
  const command = override.command !== undefined && override.command.length > 0 ? override.command : config.command
  return [...(config.entryPoint ?? []), ...(command ?? [])]
}

/**
 * Absolute paths of the container, put where they are on this machine.
 *
 * In Docker, `WORKDIR /app` and `COPY . .` put the files under `/app`. Here they lie in the image's own directory, which
 * stands for `/app`: relative paths work because the process starts there, and each absolute path under WORKDIR that
 * stands in an argument (`/app/server.js`, `--config=/app/a.json`, also inside a shell command) is written anew. With
 * WORKDIR `/` every path is "under" it, those of this machine too, so only paths that exist in the image are written anew.
 */
export function mapPaths(
  argument: string,
  image: Pick<Image, 'directory' | 'config'>,
  exists: (path: string) => boolean,
): string {
  return argument.replaceAll(/(?<![^\s"'=:,;()])\/[^\s"'=:,;()]*/g, (path) => mapPath(path, image, exists) ?? path)
}

/** Where one absolute path of the container is on this machine; undefined if it does not belong to the image. */
export function mapPath(
  path: string,
  image: Pick<Image, 'directory' | 'config'>,
  exists: (path: string) => boolean,
): string | undefined {
  const root = image.config.workingDirectory
  if (root === '/') {
    const inside = path === '/' ? image.directory : image.directory + path
    return path === '/' || !exists(inside) ? undefined : inside
  }
  if (path !== root && !path.startsWith(`${root}/`)) return undefined
  return image.directory + path.slice(root.length)
}

/** The absolute POSIX path that `path` means seen from `from`, without `.`, `..` and double slashes. */
export function resolvePath(from: string, path: string): string {
  const parts: string[] = []
  for (const part of `${path.startsWith('/') ? '' : from}/${path}`.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}
