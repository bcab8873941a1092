import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildImage } from '../../src/cli/build.ts'
import { CliError } from '../../src/cli/exit-code.ts'
import { ImageError } from '../../src/domain/image.ts'
import type { BuiltImage } from '../../src/domain/image.ts'

const image: BuiltImage = {
  reference: 'web:1',
  digest: 'sha256:0a',
  directory: '/data/images/sha256-0a/files',
  config: {
    entryPoint: ['node'],
    command: ['a b.js'],
    environment: {},
    workingDirectory: '/app',
    exposedPorts: [],
    labels: {},
  },
  files: 3,
  bytes: 12_345,
  notes: [
    { line: 1, instruction: 'FROM', text: 'node:24', reason: 'not pulled' },
    { line: 12, instruction: 'RUN', text: `npm ci && ${'x'.repeat(80)}`, reason: 'not executed' },
  ],
}
const refuse = (): Promise<BuiltImage> => Promise.reject(new ImageError('Dockerfile:2: RUNN: unknown instruction'))
const options = { directory: '.', tag: 'web:1' }

describe('teal build', () => {
  test('tells digest, size, files, command and what had no effect', async () => {
    const printed: string[] = []
    await buildImage(options, { build: () => Promise.resolve(image) }, (text) => printed.push(text))
    const text = printed.join('\n')
    for (const part of [
      /^Built web:1$/m,
      /digest +sha256:0a$/m,
      /12\.3 kB in 3 files$/m,
      /command +node "a b\.js"$/m,
    ]) {
      assert.match(text, part)
    }
    assert.match(text, /^ {2}line 1 +FROM node:24 +not pulled$/m)
    assert.match(text, /^ {2}line 12 +RUN npm ci && x+… {2}not executed$/m)
  })

  test('tells the same as JSON', async () => {
    const printed: string[] = []
    await buildImage({ ...options, json: true }, { build: () => Promise.resolve(image) }, (text) => printed.push(text))
    assert.deepEqual(JSON.parse(printed.join('\n')), image)
  })

  test('fails with the reason, and only with it', async () => {
    await assert.rejects(
      buildImage(options, { build: refuse }, () => undefined),
      (error) =>
        error instanceof CliError &&
        error.message === 'The image web:1 was not made: Dockerfile:2: RUNN: unknown instruction',
    )
  })
})
