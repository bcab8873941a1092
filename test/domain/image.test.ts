import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { containerArguments, mapPaths, parseImageReference } from '../../src/domain/image.ts'
import type { ImageConfig } from '../../src/domain/image.ts'

const config = (more: Partial<ImageConfig>): ImageConfig => ({
  environment: {},
  workingDirectory: '/',
  exposedPorts: [],
  labels: {},
  ...more,
})

describe('an image reference', () => {
  const digest = `sha256:${'0a'.repeat(32)}`
  for (const [text, expected] of [
    ['web', { name: 'web', tag: 'latest' }],
    ['web:1.0_b-2', { name: 'web', tag: '1.0_b-2' }],
    ['team/my-web__x:1', { name: 'team/my-web__x', tag: '1' }],
    ['localhost:5000/web', { name: 'localhost:5000/web', tag: 'latest' }],
    [
      '123456789012.dkr.ecr.us-east-1.amazonaws.com/web:v1',
      { name: '123456789012.dkr.ecr.us-east-1.amazonaws.com/web', tag: 'v1' },
    ],
    [`web:1@${digest}`, { name: 'web', tag: '1', digest }],
  ] as const) {
    test(`reads ${text}`, () => assert.deepEqual(parseImageReference(text), expected))
  }
  for (const text of [
    '',
    'Web',
    'web:',
    ':1',
    'web:a b',
    'a//b',
    '../a',
    '<IMAGE1_NAME>',
    'web@sha256:1',
    'web@a@b',
    '/web',
  ]) {
    test(`refuses "${text}"`, () => {
      assert.throws(() => parseImageReference(text), { name: 'ImageError', message: /^invalid reference format: / })
    })
  }
})

describe("a container's command follows Docker's rules", () => {
  const image = config({ entryPoint: ['entry'], command: ['default'] })
  for (const [name, override, expected] of [
    ['the image alone', {}, ['entry', 'default']],
    ['command replaces CMD', { command: ['other'] }, ['entry', 'other']],
    ['entryPoint replaces ENTRYPOINT and drops CMD', { entryPoint: ['mine'] }, ['mine']],
    ['both', { entryPoint: ['mine'], command: ['other'] }, ['mine', 'other']],
    ['empty lists are none', { entryPoint: [], command: [] }, ['entry', 'default']],
  ] as const) {
    test(name, () => assert.deepEqual(containerArguments(image, override), expected))
  }
  test('nobody names one', () => assert.deepEqual(containerArguments(config({}), {}), []))
})

const map = (argument: string, workingDirectory: string): string =>
  mapPaths(argument, { directory: '/img', config: config({ workingDirectory }) }, (path) => path === '/img/server.js')

describe('paths of the container are put where its files are', () => {
  for (const [argument, expected] of [
    ['/app/server.js', '/img/server.js'],
    ['/app', '/img'],
    ['--config=/app/a.json', '--config=/img/a.json'],
    ['node /app/server.js "/app/x y"', 'node /img/server.js "/img/x y"'],
    ['/app/a:/usr/bin:/app', '/img/a:/usr/bin:/img'],
    ['/application/x', '/application/x'],
    ['/usr/bin/env', '/usr/bin/env'],
    ['src/app/x', 'src/app/x'],
    ['http://host/app/x', 'http://host/app/x'],
  ] as const) {
    test(`${argument} becomes ${expected}`, () => assert.equal(map(argument, '/app'), expected))
  }

  test('with the root as working directory, only those that are in the image', () => {
    assert.equal(map('node /server.js /etc/hosts', '/'), 'node /img/server.js /etc/hosts')
  })
})
