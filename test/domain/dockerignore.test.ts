import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseDockerignore } from '../../src/domain/dockerignore.ts'

describe('a .dockerignore', () => {
  for (const [rules, ignored, kept] of [
    ['node_modules', ['node_modules', 'node_modules/a/b'], ['src/node_modules', 'node_modules2']],
    ['/dist/', ['dist', 'dist/x'], ['a/dist']],
    ['**/node_modules', ['node_modules', 'a/b/node_modules/x'], ['a/node_modules2']],
    ['*.log', ['a.log'], ['a/b.log', 'a.logs']],
    ['**/*.log', ['a.log', 'a/b.log'], ['a.txt']],
    ['a/**', ['a/b', 'a/b/c'], ['b']],
    ['a/*/c', ['a/b/c', 'a/b/c/d'], ['a/c', 'a/b/b/c']],
    ['file?.txt', ['file1.txt'], ['file.txt', 'file12.txt']],
    ['[ab].txt', ['a.txt', 'b.txt'], ['c.txt']],
    ['*.md\n!README.md', ['a.md'], ['README.md']],
    ['!README.md\n*.md', ['README.md'], []],
    ['docs\n!docs/keep.md', ['docs/a.md'], ['docs/keep.md']],
    ['# comment\n\n  a  \r\n./b', ['a', 'b'], ['# comment', 'c']],
    ['a+b(c).txt', ['a+b(c).txt'], ['aab(c).txt']],
  ] as const) {
    test(JSON.stringify(rules), () => {
      const { ignores } = parseDockerignore(rules)
      assert.deepEqual(
        ignored.filter((path) => !ignores(path)),
        [],
      )
      assert.deepEqual(
        kept.filter((path) => ignores(path)),
        [],
      )
    })
  }

  test('says which of its patterns is not valid', () => {
    assert.throws(() => parseDockerignore('ok\n[z-a]'), { message: '.dockerignore: the pattern "[z-a]" is not valid' })
  })
})
