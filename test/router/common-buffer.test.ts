import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { buffer, text } from 'node:stream/consumers'
import { before, test } from 'node:test'
import { CommonBuffer, type CommonReader } from '../../src/router/common-buffer.ts'
import { DirectHandles } from '../../src/router/direct-handle.ts'
import { passOn } from '../../src/router/pass-on.ts'
import { Cleanups, eventually } from '../cleanups.ts'
import { freePort } from '../free-port.ts'
import { clientConnection, targetConnection } from './direct-wires.ts'
import { forwardTo, listener, send, startApp, startRouter, table, targetGroup } from './test-router.ts'

before(() => DirectHandles.learn())

const reader = (leaveCommonBuffer = () => undefined as void): CommonReader => ({ leaveCommonBuffer })

test('sixty-four connections read into one buffer, and whoever leaves makes room for another one', () => {
  const readers = Array.from({ length: 65 }, () => reader())
  const joined = readers.map((each) => CommonBuffer.join(each))
  const [first, last] = [joined[0] ?? assert.fail(), joined[64] ?? assert.fail()]
  assert.deepEqual([...new Set(joined)], [first, last])
  assert.equal(joined[63], first)
  last.leave(readers[64] ?? assert.fail())
  first.leave(readers[0] ?? assert.fail())
  const next = reader()
  assert.equal(CommonBuffer.join(next), first)
  for (const [at, each] of readers.entries()) joined[at]?.leave(each)
  first.leave(next)
})

test('a buffer that is given up is left by all its readers, and nobody joins it any more', () => {
  const left: number[] = []
  const readers = [0, 1, 2].map((number) => reader(() => void left.push(number)))
  const [common = assert.fail()] = readers.map((each) => CommonBuffer.join(each))
  common.giveUp()
  assert.deepEqual(left, [0, 1, 2])
  const next = reader()
  const other = CommonBuffer.join(next)
  assert.notEqual(other.bytes, common.bytes)
  common.leave(readers[0] ?? assert.fail())
  const another = reader()
  assert.equal(CommonBuffer.join(another), other)
  for (const each of [next, another]) other.leave(each)
})

test('a view is of the bytes that were asked for', () => {
  const only = reader()
  const common = CommonBuffer.join(only)
  common.bytes.write('an answer, and what follows it')
  const views = [common.view(0, 9), common.view(3, 9), common.view(0, 9), common.view(0, 9 + 256)]
  assert.deepEqual(
    views.map((view) => view.toString('latin1').slice(0, 9)),
    ['an answer', 'answer', 'an answer', 'an answer'],
  )
  assert.equal(views[3]?.length, 265)
  common.leave(only)
})

test('what a client has not taken yet stays as it is while other targets answer', async () => {
  await using cleanups = new Cleanups()
  const slow = await clientConnection(cleanups)
  const to = { wire: slow.wire, sentBytes: 0, writesLater: false }
  const sent: Buffer[] = []
  let [came, lentPieces] = [0, 0]
  const answering = await targetConnection(cleanups, {
    onBytes(bytes, start, end) {
      came += end - start
      if (answering.wire.lend(bytes, start, end) !== undefined) lentPieces++
      if (slow.wire.pendingBytes === 0) passOn(answering.wire, to, bytes, start, end)
    },
  })
  const others = await Promise.all(
    [1, 2, 3].map(async () => {
      const received: Buffer[] = []
      const other = await targetConnection(cleanups, {
        onBytes: (bytes, start, end) => void received.push(Buffer.from(bytes.subarray(start, end))),
      })
      return { ...other, received: () => Buffer.concat(received) }
    }),
  )
  let at = 0
  while (slow.wire.pendingBytes === 0) {
    const piece = randomBytes(16 * 1024)
    sent.push(piece)
    at += piece.length
    answering.socket.write(piece)
    await eventually('it has come', () => came === at)
  }
  assert.ok(lentPieces > 0, 'pieces were written without a copy')
  const expected = randomBytes(200 * 1024)
  for (const { socket } of others) socket.write(expected)
  await eventually('the others are answered', () => others.every(({ received }) => received().equals(expected)))
  const received = buffer(slow.socket)
  await eventually('all of it has gone', () => slow.wire.pendingBytes === 0)
  slow.wire.end()
  assert.ok((await received).equals(Buffer.concat(sent)))
})

test('a client that asks many times before it reads gets its own answers, and others theirs meanwhile', async () => {
  await using cleanups = new Cleanups()
  // Each answer is a letter, many times.
  const app = await startApp(cleanups, ({ url = '' }, response) => void response.end(url.slice(1).repeat(16 * 1024)))
  const router = await startRouter(cleanups)
  const port = await freePort()
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])]))
  const asked = 1_000
  const slow = connect(port, '127.0.0.1')
  cleanups.add(() => slow.destroy())
  slow.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(asked))
  for (let turn = 0; turn < 40; turn++) {
    const paths = ['b', 'c', 'd', 'e']
    const answers = await Promise.all(paths.map((letter) => send(port, { path: `/${letter}` })))
    assert.deepEqual(
      answers.map(({ body }) => body.length === 16 * 1024 && [...new Set(body)].join('')),
      paths,
    )
  }
  slow.write(`GET /z HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  const answers = (await text(slow)).split('HTTP/1.1 200 OK').slice(1)
  const letters = answers.map((answer) => answer.slice(answer.indexOf('\r\n\r\n') + 4))
  assert.equal(letters.length, asked + 1)
  assert.deepEqual(
    [...new Set(letters)].map((body) => body === body.charAt(0).repeat(16 * 1024) && body.charAt(0)),
    ['a', 'z'],
  )
})
