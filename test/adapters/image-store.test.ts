import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { ImageStore } from '../../src/adapters/image-store.ts'
import { writeFiles } from './process-world.ts'

const dockerfile = 'FROM node:24\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD ["node", "server.js"]\n'

function imageWorld(t: TestContext): { root: string; app: string; data: string; images: ImageStore } {
  const root = mkdtempSync(join(tmpdir(), 'teal-images-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const app = join(root, 'app')
  mkdirSync(app)
  writeFiles(app, { Dockerfile: dockerfile, 'server.js': 'hello', 'lib/a.js': 'a' })
  const data = join(root, 'data')
  return { root, app, data, images: new ImageStore(data) }
}

describe('an image that is built', () => {
  test('is a snapshot with the configuration of the Dockerfile, found by its tag and by its digest', async (t) => {
    const { app, images } = imageWorld(t)
    const built = await images.build({ directory: app, tag: 'team/web:1' })
    assert.match(built.digest, /^sha256:[0-9a-f]{64}$/)
    assert.deepEqual([built.reference, built.files, built.bytes], ['team/web:1', 3, dockerfile.length + 6])
    writeFiles(app, { 'server.js': 'changed' })
    for (const reference of ['team/web:1', `team/web@${built.digest}`]) {
      const image = await images.resolve(reference)
      assert.equal(image.digest, built.digest)
      assert.deepEqual(image.config.command, ['node', 'server.js'])
      assert.equal(image.config.workingDirectory, '/app')
      assert.equal(readFileSync(join(image.directory, 'server.js'), 'utf8'), 'hello')
      assert.equal(readFileSync(join(image.directory, 'lib/a.js'), 'utf8'), 'a')
    }
  })

  test('says which instructions had no effect', async (t) => {
    const { app, images } = imageWorld(t)
    const { notes } = await images.build({ directory: app, tag: 'web' })
    assert.deepEqual(
      notes.map(({ line, instruction, text }) => [line, instruction, text]),
      [
        [1, 'FROM', 'node:24'],
        [4, 'RUN', 'npm ci'],
      ],
    )
  })

  test('has the same digest from the same paths, modes and contents, wherever and whenever', async (t) => {
    const { root, app, images } = imageWorld(t)
    const { digest } = await images.build({ directory: app, tag: 'web:1' })
    const copy = join(root, 'copy')
    writeFiles(copy, { 'lib/a.js': 'a', 'server.js': 'hello', Dockerfile: dockerfile })
    const other = new ImageStore(join(root, 'other'))
    assert.equal((await other.build({ directory: copy, tag: 'x:2' })).digest, digest)
    chmodSync(join(copy, 'server.js'), 0o755)
    const changed = await other.build({ directory: copy, tag: 'x:2' })
    assert.notEqual(changed.digest, digest)
    assert.equal(statSync(join(changed.directory, 'server.js')).mode & 0o777, 0o755)
  })

  test('is another image when only its command is another', async (t) => {
    const { root, app, images } = imageWorld(t)
    writeFiles(root, { One: 'FROM a\nCMD ["a"]', Two: 'FROM a\nCMD ["b"]' })
    const one = await images.build({ directory: app, tag: 'web:1', file: join(root, 'One') })
    const two = await images.build({ directory: app, tag: 'web:1', file: join(root, 'Two') })
    assert.notEqual(one.digest, two.digest)
    assert.deepEqual((await images.resolve('web:1')).config.command, ['b'])
  })

  test('leaves out what .dockerignore names, and always its own data directory', async (t) => {
    const { app } = imageWorld(t)
    writeFiles(app, { '.dockerignore': 'lib\n!lib/keep.js\n.dockerignore\n', 'lib/keep.js': 'k', '.teal/state': 's' })
    const image = await new ImageStore(join(app, '.teal')).build({ directory: app, tag: 'web' })
    assert.deepEqual(readdirSync(image.directory, { recursive: true, encoding: 'utf8' }).toSorted(), [
      'Dockerfile',
      'lib',
      join('lib', 'keep.js'),
      'server.js',
    ])
  })

  test("prefers the Dockerfile's own .dockerignore", async (t) => {
    const { root, app, images } = imageWorld(t)
    writeFiles(root, { 'Other.dockerignore': 'server.js', Other: dockerfile, 'app/.dockerignore': 'lib' })
    const image = await images.build({ directory: app, tag: 'web', file: join(root, 'Other') })
    assert.deepEqual(readdirSync(image.directory).toSorted(), ['.dockerignore', 'Dockerfile', 'lib'])
  })

  test('keeps links that stay inside and refuses others', async (t) => {
    const { app, images } = imageWorld(t)
    symlinkSync('../server.js', join(app, 'lib/server'))
    const image = await images.build({ directory: app, tag: 'web' })
    assert.equal(readlinkSync(join(image.directory, 'lib/server')), '../server.js')
    symlinkSync('../../secret', join(app, 'lib/out'))
    await assert.rejects(images.build({ directory: app, tag: 'web' }), {
      name: 'ImageError',
      message: /^the link lib\/out -> \.\.\/\.\.\/secret leads out of the build context/,
    })
    writeFiles(app, { '.dockerignore': 'lib/out' })
    symlinkSync('/etc/hosts', join(app, 'hosts'))
    await assert.rejects(images.build({ directory: app, tag: 'web' }), /hosts -> \/etc\/hosts is absolute/)
  })

  test('refuses what is neither file nor directory', async (t) => {
    const { app, images } = imageWorld(t)
    const server = createServer().listen(join(app, 'socket'))
    await once(server, 'listening')
    t.after(() => server.close())
    await assert.rejects(images.build({ directory: app, tag: 'web' }), /^ImageError: socket is neither a file nor/)
  })

  test('is one image when built many times at once, and nothing else is left', async (t) => {
    const { app, data, images } = imageWorld(t)
    writeFiles(app, Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`many/${index}`, 'x'.repeat(1_000)])))
    const built = await Promise.all(
      Array.from({ length: 6 }, () => new ImageStore(data).build({ directory: app, tag: 'web:1' })),
    )
    assert.equal(new Set(built.map(({ digest }) => digest)).size, 1)
    assert.equal(readdirSync(join(data, 'images')).length, 2)
    assert.equal((await images.resolve('web:1')).digest, built[0]?.digest)
  })

  test('clears away what a killed build has left', async (t) => {
    const { app, data, images } = imageWorld(t)
    const ended = spawn('true')
    await once(ended, 'exit')
    const left = join(data, 'images', `.building-${ended.pid}-x`)
    mkdirSync(left, { recursive: true })
    await images.build({ directory: app, tag: 'web' })
    assert.equal(statSync(left, { throwIfNoEntry: false }), undefined)
  })

  test('whose tag is damaged is told as that, and can be made again', async (t) => {
    const { app, data, images } = imageWorld(t)
    await images.build({ directory: app, tag: 'web:1' })
    const tag = join(data, 'images/tags/web%3A1')
    writeFileSync(tag, '{"ref')
    await assert.rejects(images.resolve('web:1'), {
      message: `image web:1 cannot be read: ${tag} is damaged. Remove it, and make the image again`,
    })
    await images.build({ directory: app, tag: 'web:1' })
    assert.equal((await images.resolve('web:1')).reference, 'web:1')
  })

  test('that is not there is told with the data directory it has to be made in, wherever that is', async (t) => {
    const { root } = imageWorld(t)
    for (const data of [join(root, 'data'), resolve('.teal')]) {
      await assert.rejects(new ImageStore(data).resolve('web:9'), {
        name: 'ImageError',
        message: new RegExp(`make it with \`teal build DIRECTORY --tag web:9 --data ${data}\`, or`),
      })
    }
  })

  test('is refused with a sentence where something is missing or wrong', async (t) => {
    const { root, app, images } = imageWorld(t)
    const refused = async (build: Parameters<ImageStore['build']>[0], message: RegExp): Promise<void> =>
      assert.rejects(images.build(build), { name: 'ImageError', message })
    await refused({ directory: join(root, 'none'), tag: 'web' }, /^the build context .*none is not a directory$/)
    await refused({ directory: app, tag: 'Web' }, /^invalid reference format: .* must be lowercase/)
    await refused({ directory: app, tag: 'web', file: join(root, 'F') }, /^there is no .*F: write one/)
    writeFileSync(join(app, 'Dockerfile'), 'FROM a\nCOPY server.js package*.json none.js ./\n')
    await refused({ directory: app, tag: 'web' }, /Dockerfile:2: there is no none\.js in the build context/)
    writeFileSync(join(app, 'Dockerfile'), 'FROM a\nRUNN x\n')
    await refused({ directory: app, tag: 'web' }, /Dockerfile:2: RUNN: unknown instruction$/)
  })
})

describe('an image in place', () => {
  test('is the directory itself with its Dockerfile as it is now', async (t) => {
    const { app, images } = imageWorld(t)
    const image = await images.resolve(`file://${app}/`)
    assert.deepEqual([image.directory, image.digest, image.config.command], [app, undefined, ['node', 'server.js']])
    rmSync(join(app, 'Dockerfile'))
    assert.equal((await images.resolve(`file://${app}`)).config.command, undefined)
  })

  for (const reference of ['file://relative/x', 'file:x', 'file://']) {
    test(`is not "${reference}"`, async (t) => {
      const { images } = imageWorld(t)
      await assert.rejects(images.resolve(reference), { name: 'ImageError' })
    })
  }
})
