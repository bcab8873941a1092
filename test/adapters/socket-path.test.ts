import assert from 'node:assert/strict'
import { test } from 'node:test'
import { socketPathIn } from '../../src/adapters/socket-path.ts'

test('a socket lies in its directory where the path is short enough for one', () => {
  assert.equal(socketPathIn('/var/lib/teal', 'router'), '/var/lib/teal/router.sock')
})

test('a socket of a long path has a short one, the same for everybody, whatever TMPDIR says', (t) => {
  const former = process.env['TMPDIR']
  t.after(() => {
    if (former === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = former
  })
  const paths = ['/run/user/1', '/nowhere'].map((temporary) => {
    process.env['TMPDIR'] = temporary
    return socketPathIn(`/data/${'x'.repeat(120)}`, 'router')
  })
  assert.equal(paths[0], paths[1])
  assert.match(paths[0] ?? '', /^\/tmp\/teal-[\da-f]{24}\.sock$/)
})
