import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { describe, test } from 'node:test'

/** Each layer and the layers it may import from. Nothing else is allowed; `main.ts` alone knows everyone. */
const layers: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  engine: ['domain'],
  adapters: ['engine', 'domain'],
  router: ['domain'],
  aws: ['engine', 'domain'],
  console: ['aws', 'engine', 'domain'],
  view: ['domain'],
  acceptance: ['domain'],
  cli: ['aws', 'domain', 'view', 'adapters', 'acceptance', 'console', 'main.ts'],
}
const root = join(import.meta.dirname, '..')
const sources = globSync('src/**/*.ts', { cwd: root }).toSorted()

describe('the house is tidy', () => {
  test('every source file is in a layer', () => {
    const strays = sources.filter((file) => file !== join('src', 'main.ts') && !((file.split(sep)[1] ?? '') in layers))
    assert.deepEqual(strays, [])
  })

  test('imports follow the arrows between the layers', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file)
        .filter((imported) => !mayImport(layerOf(file), layerOf(imported)))
        .map((imported) => `${file} imports ${imported}`),
    )
    assert.deepEqual(wrong, [])
  })

  test('the domain and the view perform nothing: no clock, no dice, no promises, no Node', () => {
    const impure =
      /from 'node:|\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bprocess\.|\bconsole\.|\basync\b|\bPromise\b/
    const offenders = sources.filter((file) => ['domain', 'view'].includes(layerOf(file)) && impure.test(codeOf(file)))
    assert.deepEqual(offenders, [])
  })

  test('the engine takes time and chance from its ports', () => {
    const own =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bsetTimeout\(|\bsetInterval\(|\brandomUUID\b|\bperformance\./
    const offenders = sources.filter((file) => layerOf(file) === 'engine' && own.test(codeOf(file)))
    assert.deepEqual(offenders, [])
  })

  const dear = {
    'values of `node:http`: that would load `fetch` and all it needs': /^import (?!type\b)[^'`]*from 'node:http'/m,
    'an SDK client: that would load its model': /^import (?!type\b)[^'`]*from '@aws-sdk\/client-/m,
  }
  for (const [what, imported] of Object.entries(dear)) {
    test(`no source imports ${what}, for each start of a program`, () => {
      // What a file of a project for users has in it is text.
      const offenders = sources.filter((file) => imported.test(codeOf(file).replaceAll(/`[^`]*`/g, '')))
      assert.deepEqual(offenders, [])
    })
  }

  test('no class of the router has a private getter or setter: V8 makes a call into its runtime for each use of one', () => {
    const offenders = sources.filter((file) => layerOf(file) === 'router' && /^ +[gs]et #/m.test(codeOf(file)))
    assert.deepEqual(offenders, [])
  })

  test('no source excuses itself from the type checker or the linter', () => {
    const offenders = sources.filter((file) => /@ts-ignore|@ts-nocheck|eslint-disable|oxlint-disable/.test(read(file)))
    assert.deepEqual(offenders, [])
  })

  test('every path named in the documents exists', () => {
    const missing = ['ARCHITECTURE.md', 'README.md', ...globSync('docs/**/*.md', { cwd: root })].flatMap((document) =>
      pathsIn(read(document))
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${document} names ${path}`),
    )
    assert.deepEqual(missing, [])
  })

  test('every test stands where the thing it tests stands', () => {
    const mirrored = /^test\/(domain|engine|adapters|router|aws|console|acceptance|view|cli)\//
    const strays = globSync('test/**/*.test.ts', { cwd: root })
      .map((file) => file.split(sep).join('/'))
      .filter((file) => mirrored.test(file))
      .filter((file) => !hasSubject(file))
    assert.deepEqual(strays, [])
  })
})

/** `test/router/forward.test.ts` tests `src/router/forward.ts`, or a folder of that name. */
function hasSubject(testFile: string): boolean {
  const subject = testFile.replace(/^test\//, 'src/').replace(/\.test\.ts$/, '')
  return existsSync(join(root, `${subject}.ts`)) || existsSync(join(root, subject))
}

function mayImport(from: string, to: string): boolean {
  return from === 'main.ts' || from === to || (layers[from]?.includes(to) ?? false)
}

function importsOf(file: string): readonly string[] {
  return [...read(file).matchAll(/(?:from|import\() ?'(\.[^']+)'/g)].map(([, path = '']) =>
    relative(root, join(root, dirname(file), path)),
  )
}

function layerOf(file: string): string {
  return file.split(sep)[1] ?? ''
}

/** The text without comments: they may speak of what the code may not do. */
function codeOf(file: string): string {
  return read(file)
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
}

/** What stands in backticks and looks like a path of this repository. */
function pathsIn(text: string): readonly string[] {
  return [...text.matchAll(/`((?:src|test|docs|demo|examples|bin|scripts)\/[\w./-]*)`/g)].map(([, path = '']) => path)
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8')
}
