import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { DockerApi, dockerSocketPath } from '../../src/adapters/docker-api.ts'
import { DockerImages } from '../../src/adapters/docker-images.ts'
import { ensurePauseImage } from '../../src/adapters/pause-image.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { tarArchive } from '../../src/adapters/tar-archive.ts'
import { TaskStartError } from '../../src/engine/ports.ts'
import { shellImage, withoutDocker } from './docker-world.ts'

const credentials = { username: 'ship', password: 'secret' }

describe('an image for a task in Docker', { skip: await withoutDocker() }, () => {
  test('is pulled with the credentials of its registry, and its digest is that of the registry', async (t) => {
    const { api, images } = imagesOf(t)
    const registry = await Registry.open(t)
    const reference = `${registry.host}/team/app:1`
    const wanted = { image: reference, registryCredentials: credentials }
    t.after(() => api.call('DELETE', `/images/${reference}`, { query: { force: true } }).catch(() => undefined))
    await assert.rejects(
      images.ensure({ image: reference, registryCredentials: { ...credentials, password: 'wrong' } }),
      startError(/CannotPullContainerError: Error response from daemon: /),
    )
    assert.deepEqual(await images.ensure(wanted), { image: reference, digest: registry.digest })
    const pulls = registry.manifestsAsked
    await Promise.all([images.ensure(wanted), images.ensure(wanted)])
    assert.equal(registry.manifestsAsked, pulls, 'one pull serves the tasks that start together')
  })

  test('that is here is used where its registry does not answer', async (t) => {
    const { api, images } = imagesOf(t)
    const registry = await Registry.open(t)
    const reference = `${registry.host}/team/app:2`
    const wanted = { image: reference, registryCredentials: credentials }
    t.after(() => api.call('DELETE', `/images/${reference}`, { query: { force: true } }).catch(() => undefined))
    const found = await images.ensure(wanted)
    registry.isBroken = true
    const later = new DockerImages(api, new SystemClock(), async () => false)
    assert.deepEqual(await later.ensure(wanted), found)
  })

  test('that was made on this machine is asked of no registry', async (t) => {
    const { images } = imagesOf(t)
    assert.match((await images.ensure({ image: await shellImage() })).digest, /^sha256:[0-9a-f]{64}$/)
  })

  test('that was made for tasks as processes is refused with what to do', async (t) => {
    const { images } = imagesOf(t, (reference) => reference === '127.0.0.1:1/hello:1')
    const advice =
      /CannotPullContainerError: .* is for tasks as processes \(teal serve --runtime process\); .* docker build -t NAME:TAG DIRECTORY$/
    await assert.rejects(images.ensure({ image: '127.0.0.1:1/hello:1' }), startError(advice))
    await assert.rejects(images.ensure({ image: 'file:///srv/app' }), startError(advice))
  })

  test('is the one that a deployment began with, whatever its tag means by now', async (t) => {
    const { api, images } = imagesOf(t)
    const tag = async (image: string) => {
      await api.call('POST', `/images/${image}/tag`, { query: { repo: 'teal-test-moving', tag: '1' } })
      return images.ensure({ image: 'teal-test-moving:1' })
    }
    t.after(() => api.call('DELETE', '/images/teal-test-moving:1', { query: { force: true } }).catch(() => undefined))
    const { digest } = await tag(await shellImage())
    const wanted = { image: 'teal-test-moving:1', imageDigest: digest }
    assert.deepEqual(await images.ensure(wanted), { image: 'teal-test-moving:1', digest })
    const other = await tag(await ensurePauseImage(api))
    assert.notEqual(other.digest, digest)
    assert.deepEqual(await images.ensure(wanted), { image: digest, digest })
    const gone = `sha256:${'0'.repeat(64)}`
    await assert.rejects(
      images.ensure({ image: '127.0.0.1:1/web:1', imageDigest: gone }),
      startError(/^CannotPullContainerError: .* what 127\.0\.0\.1:1\/web:1 was when it began.* forceNewDeployment/),
    )
  })

  test('that a deployment began with is pulled again by its digest', async (t) => {
    const { api, images } = imagesOf(t)
    const registry = await Registry.open(t)
    const reference = `${registry.host}/team/app:3`
    const wanted = { image: reference, registryCredentials: credentials, imageDigest: registry.digest }
    const exact = `${registry.host}/team/app@${registry.digest}`
    t.after(() => api.call('DELETE', `/images/${exact}`, { query: { force: true } }).catch(() => undefined))
    assert.deepEqual(await images.ensure(wanted), { image: exact, digest: registry.digest })
    const asked = registry.manifestsAsked
    const { digest } = await images.ensure(wanted)
    assert.deepEqual([digest, registry.manifestsAsked], [registry.digest, asked], 'what is here is not asked for')
  })

  test('whose name cannot be one is refused', async (t) => {
    const { images } = imagesOf(t)
    await assert.rejects(
      images.ensure({ image: '127.0.0.1:1/UPPER CASE' }),
      startError(/CannotPullContainerError: .*invalid reference format/),
    )
  })
})

function imagesOf(t: TestContext, isProcessImage: (reference: string) => boolean = () => false) {
  const api = new DockerApi(dockerSocketPath())
  t.after(() => api.close())
  return { api, images: new DockerImages(api, new SystemClock(), async (reference) => isProcessImage(reference)) }
}

function startError(text: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof TaskStartError && text.test(error.message)
}

/** A registry (the Docker Registry HTTP API V2, as far as a pull goes) with one image, for those who know the password. */
class Registry {
  manifestsAsked = 0
  isBroken = false
  readonly host: string
  readonly digest: string
  readonly #blobs = new Map<string, Buffer>()
  readonly #manifest: Buffer

  static async open(t: TestContext): Promise<Registry> {
    const server = createServer((request, response) => registry.answer(request, response))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const registry = new Registry(`127.0.0.1:${(server.address() as AddressInfo).port}`)
    t.after(() => {
      server.closeAllConnections()
      server.close()
    })
    return registry
  }

  constructor(host: string) {
    this.host = host
    // Told apart from every other image.
    const layer = tarArchive([{ path: 'host', content: Buffer.from(host) }])
    const config = Buffer.from(
      JSON.stringify({
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config: { Cmd: ['/host'] },
        rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
      }),
    )
    for (const blob of [layer, config]) this.#blobs.set(digestOf(blob), blob)
    const part = (kind: string, bytes: Buffer) => ({
      mediaType: `application/vnd.docker.${kind}`,
      size: bytes.length,
      digest: digestOf(bytes),
    })
    this.#manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: part('container.image.v1+json', config),
        layers: [part('image.rootfs.diff.tar', layer)],
      }),
    )
    this.digest = digestOf(this.#manifest)
  }

  answer({ headers, url = '', method }: IncomingMessage, response: ServerResponse): void {
    const { username, password } = credentials
    const isKnown = headers.authorization === `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
    if (this.isBroken) return void response.writeHead(500).end()
    if (!isKnown) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end()
    if (url.includes('/manifests/')) this.manifestsAsked += 1
    const [type, body] = url.includes('/manifests/')
      ? [manifestType, this.#manifest]
      : ['application/octet-stream', this.#blobs.get(url.split('/blobs/')[1] ?? '') ?? Buffer.from('{}')]
    response.writeHead(200, {
      'content-type': type,
      'content-length': body.length,
      'docker-content-digest': digestOf(body),
      'docker-distribution-api-version': 'registry/2.0',
    })
    response.end(method === 'HEAD' ? undefined : body)
  }
}

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json'

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
