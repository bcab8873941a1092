import { unzipSync } from 'fflate'
import { gunzipSync } from 'node:zlib'
import type { S3Location, StoredAppSpec } from '../domain/code-deploy.ts'
import type { ObjectReader } from './objects.ts'
import { readTar } from './tar.ts'

/**
 * Reads the AppSpec of a revision in S3: the object itself, or the file in the root of the archive that it is. Whatever is
 * wrong with it does not refuse the deployment but fails it, as on AWS, which looks for it only then.
 */
export async function readAppSpec(objects: ObjectReader, location: S3Location): Promise<StoredAppSpec> {
  const { bucket, key, version, eTag } = location
  const object = await objects.read({ bucket, key, ...(version === undefined ? {} : { versionId: version }) })
  if (object === undefined) {
    const what = version === undefined ? '' : ` in version ${version}`
    return unusable(
      'REVISION_MISSING',
      `There is no object s3://${bucket}/${key}${what}. Upload it, then deploy again.`,
    )
  }
  if (eTag !== undefined && eTag !== object.eTag) {
    return unusable(
      'INVALID_REVISION',
      `The object s3://${bucket}/${key} has the ETag ${object.eTag}, and the revision asks for ${eTag}: it was replaced since. ` +
        'Register and deploy the object as it is now, or name its version.',
    )
  }
  const file = appSpecFile(object.content, location)
  return file instanceof Uint8Array ? textOf(file, location) : file
}

/** Where an AppSpec may be in an archive: in its root, under one of these names. */
const fileNames = ['appspec.yaml', 'appspec.yml', 'appspec.json']

/** Far more than an AppSpec may have; what is larger is not unpacked. */
const largestFileBytes = 1024 * 1024
const largestArchiveBytes = 256 * 1024 * 1024

function appSpecFile(content: Uint8Array, location: S3Location): Uint8Array | StoredAppSpec {
  switch (location.bundleType) {
    case 'YAML':
    case 'JSON':
      return content
    case 'zip':
      return fromArchive(location, () => unzipped(content))
    case 'tar':
      return fromArchive(location, () => readTar(content))
    case 'tgz':
      return fromArchive(location, () => readTar(gunzipSync(content, { maxOutputLength: largestArchiveBytes })))
  }
}

function fromArchive(
  { bucket, key, bundleType }: S3Location,
  read: () => ReadonlyMap<string, Uint8Array>,
): Uint8Array | StoredAppSpec {
  try {
    const files = read()
    const name = fileNames.find((candidate) => files.has(candidate))
    const file = name === undefined ? undefined : files.get(name)
    return file ?? unusable('INVALID_REVISION', withoutAppSpec(`s3://${bucket}/${key}`))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return unusable(
      'INVALID_REVISION',
      `The object s3://${bucket}/${key} cannot be read as the ${bundleType} archive that its bundleType says it is: ${reason}.`,
    )
  }
}

function withoutAppSpec(place: string): string {
  return (
    `An AppSpec file is required, but could not be found in the revision: ${place} has none of ` +
    `${fileNames.join(', ')} in its root.`
  )
}

function unzipped(content: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const files = unzipSync(content, {
    filter: ({ name, originalSize }) => {
      if (isWanted(name) && originalSize > largestFileBytes) throw new Error(`${name} has ${originalSize} bytes`)
      return isWanted(name)
    },
  })
  return new Map(Object.entries(files).map(([name, file]) => [rootName(name), file]))
}

function isWanted(name: string): boolean {
  return fileNames.includes(rootName(name))
}

/** Some archivers write `./` before each name. */
function rootName(name: string): string {
  return name.replace(/^\.\//, '')
}

function textOf(file: Uint8Array, { bucket, key }: S3Location): StoredAppSpec {
  const place = `The AppSpec in s3://${bucket}/${key}`
  if (file.length > largestFileBytes) {
    return unusable('INVALID_REVISION', `${place} has ${file.length} bytes, which is too large for an AppSpec.`)
  }
  try {
    return { kind: 'text', content: new TextDecoder('utf-8', { fatal: true }).decode(file) }
  } catch {
    const hint = 'Is it an archive? Then pass its bundleType: zip, tar or tgz.'
    return unusable('INVALID_REVISION', `${place} is not a text in UTF-8. ${hint}`)
  }
}

function unusable(code: 'INVALID_REVISION' | 'REVISION_MISSING', message: string): StoredAppSpec {
  return { kind: 'unusable', code, message }
}
