import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { strToU8, zipSync } from 'fflate'
import type { S3Location, StoredAppSpec } from '../../src/domain/code-deploy.ts'
import { readAppSpec } from '../../src/engine/revision-bundle.ts'

const text = 'version: 0.0\nResources: []\n'

function read(content: Uint8Array | string, location: Partial<S3Location> = {}): Promise<StoredAppSpec> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : content
  const object = { content: bytes, eTag: 'etag', versionId: 'v1' }
  const objects = {
    read: ({ versionId = 'v1' }: { versionId?: string }) => Promise.resolve(versionId === 'v1' ? object : undefined),
  }
  return readAppSpec(objects, { bucket: 'bucket', key: 'key', bundleType: 'YAML', ...location })
}

async function refused(content: Uint8Array | string, location: Partial<S3Location>, code: string, message: RegExp) {
  const stored = await read(content, location)
  assert.equal(stored.kind, 'unusable')
  assert.equal(stored.code, code)
  assert.match(stored.message, message)
}

test('an object that is the AppSpec is read as it is, YAML or JSON', async () => {
  assert.deepEqual(await read(text), { kind: 'text', content: text })
  assert.deepEqual(await read('{}', { bundleType: 'JSON' }), { kind: 'text', content: '{}' })
  await refused(Buffer.from([0xff, 0xfe, 0]), {}, 'INVALID_REVISION', /is not a text in UTF-8\. Is it an archive\?/)
  await refused(Buffer.alloc(2_000_000, 'a'), {}, 'INVALID_REVISION', /has 2000000 bytes/)
})

test('the object must be there, in the version and with the ETag that the revision names', async () => {
  assert.deepEqual(await read(text, { version: 'v1', eTag: 'etag' }), { kind: 'text', content: text })
  await refused(text, { version: 'v2' }, 'REVISION_MISSING', /^There is no object s3:\/\/bucket\/key in version v2\./)
  await refused(text, { eTag: 'old' }, 'INVALID_REVISION', /has the ETag etag, and the revision asks for old/)
})

test('a zip archive holds the AppSpec in its root', async () => {
  for (const name of ['appspec.yaml', 'appspec.yml', 'appspec.json', './appspec.yml']) {
    const archive = zipSync({ 'other.txt': strToU8('x'), [name]: strToU8(text) })
    assert.deepEqual(await read(archive, { bundleType: 'zip' }), { kind: 'text', content: text }, name)
  }
  const elsewhere = zipSync({ 'deploy/appspec.yaml': strToU8(text) })
  await refused(elsewhere, { bundleType: 'zip' }, 'INVALID_REVISION', /could not be found in the revision: s3:/)
  await refused('no zip', { bundleType: 'zip' }, 'INVALID_REVISION', /cannot be read as the zip archive/)
  const huge = zipSync({ 'appspec.yaml': new Uint8Array(3_000_000) })
  await refused(huge, { bundleType: 'zip' }, 'INVALID_REVISION', /appspec\.yaml has 3000000 bytes/)
})

test('so do tar archives, plain and compressed, as the tar command makes them', async (t) => {
  for (const [flags, bundleType] of [
    ['-cf', 'tar'],
    ['-czf', 'tgz'],
  ] as const) {
    assert.deepEqual(await read(tar(t, flags, '.'), { bundleType }), { kind: 'text', content: text })
    assert.deepEqual(await read(tar(t, flags, 'src', 'appspec.yml'), { bundleType }), { kind: 'text', content: text })
    await refused(tar(t, flags, 'src'), { bundleType }, 'INVALID_REVISION', /could not be found/)
    await refused('no archive', { bundleType }, 'INVALID_REVISION', /cannot be read as the t/)
  }
  const whole = tar(t, '-cf', 'appspec.yml')
  await refused(whole.subarray(0, 520), { bundleType: 'tar' }, 'INVALID_REVISION', /it breaks off/)
  await refused(Buffer.alloc(5000, 'x'), { bundleType: 'tar' }, 'INVALID_REVISION', /no tar archive/)
})

function tar(t: TestContext, flags: string, ...members: readonly string[]): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'teal-tar-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const source = join(directory, 'source')
  mkdirSync(join(source, 'src'), { recursive: true })
  writeFileSync(join(source, 'appspec.yml'), text)
  writeFileSync(join(source, 'src', 'appspec.yaml'), 'not this one')
  const archive = join(directory, 'archive')
  execFileSync('tar', [flags, archive, '-C', source, ...members])
  return readFileSync(archive)
}
