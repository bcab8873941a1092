import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DockerApi, DockerError, dockerSocketPath, DockerUnreachable } from '../../src/adapters/docker-api.ts'
import { dockerEngine } from './docker-engine.ts'

describe('the Docker Engine API', () => {
  for (const [theirs, spoken] of [
    ['1.41', '/v1.41/info'],
    ['1.47', '/v1.47/info'],
    ['1.52', '/v1.47/info'],
    ['2.0', '/v1.47/info'],
  ] as const) {
    test(`is spoken in version ${spoken} with an engine whose newest is ${theirs}`, async (t) => {
      const { api } = await dockerEngine(t, ({ url }, answer) => answer.end(JSON.stringify({ url })), {
        ApiVersion: theirs,
      })
      assert.deepEqual(await api.call('GET', '/info'), { url: spoken })
    })
  }

  test('of an engine that is too old is refused', async (t) => {
    const { api } = await dockerEngine(t, (_, answer) => answer.end(), { Version: '19.03.1', ApiVersion: '1.40' })
    await assert.rejects(
      api.call('GET', '/info'),
      /Docker 19\.03\.1 is too old: Docker Engine 20\.10 or newer is needed\./,
    )
  })

  test('refuses with its own words and a status', async (t) => {
    const { api } = await dockerEngine(t, (_, answer) => answer.writeHead(409).end('{"message":"it is there already"}'))
    await assert.rejects(api.call('POST', '/containers/create'), (error) => {
      return error instanceof DockerError && error.status === 409 && error.message === 'it is there already'
    })
  })

  test('knows nothing of what it answers 404 to', async (t) => {
    const { api } = await dockerEngine(t, (_, answer) =>
      answer.writeHead(404).end('{"message":"No such container: x"}'),
    )
    assert.equal(await api.find('/containers/x/json'), undefined)
  })

  test('that hangs, before its answer or within, is given up', async (t) => {
    const { api } = await dockerEngine(t, ({ url }, answer) => {
      if (url?.endsWith('/half') === true) answer.write('{"half":')
    })
    for (const path of ['/info', '/half']) {
      await assert.rejects(
        api.call('GET', path, { timeoutMilliseconds: 50 }),
        (error) => error instanceof DockerUnreachable && error.message.endsWith('nothing came for 0.05 seconds'),
      )
    }
  })

  test('is called off with the reason of who calls it off', async (t) => {
    const { api } = await dockerEngine(t, () => undefined)
    await assert.rejects(api.call('GET', '/info', { signal: AbortSignal.abort(new Error('enough')) }), /enough/)
    const later = new AbortController()
    const call = api.call('GET', '/info', { signal: later.signal })
    setImmediate(() => later.abort(new Error('enough now')))
    await assert.rejects(call, /enough now/)
  })

  test('of an engine that is not there says where it was looked for', async () => {
    const api = new DockerApi('/nowhere/docker.sock')
    await assert.rejects(
      api.call('GET', '/info'),
      (error) =>
        error instanceof DockerUnreachable &&
        error.message === 'Docker does not answer at unix:///nowhere/docker.sock: there is no such socket',
    )
  })

  test('is looked for where DOCKER_HOST says, on this machine only', () => {
    assert.equal(dockerSocketPath('unix:///run/user/1/docker.sock'), '/run/user/1/docker.sock')
    assert.equal(dockerSocketPath(''), '/var/run/docker.sock')
    assert.throws(() => dockerSocketPath('tcp://10.0.0.1:2375'), /DOCKER_HOST is tcp:.* on this machine/)
  })
})
