import { randomBytes } from 'node:crypto'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { makeDirectories } from './make-directories.ts'

/** What a data directory knows of Docker: by which name its things go, and the network it had. */
export type DockerIdentity = {
  /** Ten hexadecimal digits, which no other data directory has. */
  readonly id: string
  readonly network?: { readonly subnet: string; readonly gateway: string }
}

/** The labels by which containers, networks and volumes are found again. */
export const dockerLabel = {
  dataDirectory: 'teal.data-directory',
  task: 'teal.task',
  container: 'teal.container',
  stopTimeout: 'teal.stop-timeout',
  imageDigest: 'teal.image-digest',
  path: 'teal.data-path',
} as const

/** Undefined for a data directory that never ran anything in Docker. Throws where the file is damaged. */
export function readDockerIdentity(dataDirectory: string): DockerIdentity | undefined {
  const file = identityFile(dataDirectory)
  const text = readIfThere(file)
  if (text === undefined) return undefined
  const identity: unknown = JSON.parse(text)
  if (typeof identity === 'object' && identity !== null && 'id' in identity && typeof identity.id === 'string') {
    return identity as DockerIdentity
  }
  throw new Error(`${file} is damaged: nothing tells any more which containers belong to this data directory.`)
}

export function findOrMakeDockerIdentity(dataDirectory: string): DockerIdentity {
  const known = readDockerIdentity(dataDirectory)
  if (known !== undefined) return known
  const identity = { id: randomBytes(5).toString('hex') }
  writeDockerIdentity(dataDirectory, identity)
  return identity
}

/** Replaced as a whole, so that nobody ever reads half of it. */
export function writeDockerIdentity(dataDirectory: string, identity: DockerIdentity): void {
  const file = identityFile(dataDirectory)
  makeDirectories(resolve(dataDirectory))
  writeFileSync(`${file}.new`, `${JSON.stringify(identity)}\n`)
  renameSync(`${file}.new`, file)
}

/** When nothing is left in Docker. */
export function removeDockerIdentity(dataDirectory: string): void {
  rmSync(identityFile(dataDirectory), { force: true })
}

function identityFile(dataDirectory: string): string {
  return join(resolve(dataDirectory), 'docker.json')
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
