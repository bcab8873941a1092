import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { answerOf, RawTarget, type RawRequest } from './raw-target.ts'
import { Siege, statusCodesIn, until } from './siege.ts'

type Misdeed = {
  /** What the target sends. */
  readonly sends: string
  /** The target closes the connection behind it. */
  readonly closes?: boolean
}

/** Answers that are none; clients must hear 502. */
const garbage: Readonly<Record<string, Misdeed>> = {
  'no HTTP at all': { sends: 'SSH-2.0-OpenSSH_9.2\r\n\r\n' },
  'another protocol version': { sends: 'HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n' },
  'no status': { sends: 'HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n' },
  'a status of four digits': { sends: 'HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n' },
  'a header without a colon': { sends: 'HTTP/1.1 200 OK\r\nContent-Length 0\r\n\r\n' },
  'a folded header': { sends: 'HTTP/1.1 200 OK\r\nX-One: a\r\n b\r\nContent-Length: 0\r\n\r\n' },
  'line feeds alone': { sends: 'HTTP/1.1 200 OK\nContent-Length: 0\n\n' },
  'a zero byte in a header': { sends: 'HTTP/1.1 200 OK\r\nX-One: a\0b\r\nContent-Length: 0\r\n\r\n' },
  'two lengths': { sends: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab' },
  'a length and chunks': {
    sends: 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  },
  'a length that is no number': { sends: 'HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n' },
  'an unknown coding': { sends: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n' },
  'a head without end': {
    sends: `HTTP/1.1 200 OK\r\n${'X-One: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(5_000)}`,
  },
  'a header line without end': { sends: `HTTP/1.1 200 OK\r\nX-One: ${'a'.repeat(200_000)}` },
  'half a head, then the end': { sends: 'HTTP/1.1 200 OK\r\nContent-', closes: true },
  'nothing but the end': { sends: '', closes: true },
  'a switch of protocols nobody asked for': {
    sends: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  },
}

/** Answers that break within their body: the client must see that they are not whole. */
const broken: Readonly<Record<string, Misdeed>> = {
  'closes in the middle of a body': { sends: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', closes: true },
  'closes in the middle of a chunk': {
    sends: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nabc',
    closes: true,
  },
  'closes before the last chunk': {
    sends: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    closes: true,
  },
  'sends something else for a chunk': {
    sends: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n',
  },
  'sends an enormous chunk size': {
    sends: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'f'.repeat(17)}\r\nabc`,
  },
}

/** Answers behind which something comes that nobody asked for. The first line of the body is `whole`. */
const overflowing: Readonly<Record<string, string>> = {
  'answers twice': answerOf('whole') + answerOf('the answer of somebody else'),
  'sends more than the length': `${answerOf('whole')}more`,
  'sends more than the last chunk':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n' +
    answerOf('the answer of somebody else'),
  'sends a body with 204': 'HTTP/1.1 204 No Content\r\n\r\nbody',
  'sends a body with 304': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody',
}

describe('targets that do not answer as they should', { timeout: 120_000 }, () => {
  let target: RawTarget
  let siege: Siege
  const held: Socket[] = []
  before(async () => {
    target = await new RawTarget({ answer, answerHead: (head, socket) => answerEarly(head, socket) }).open()
    siege = await Siege.begin({ targets: [target] })
  })
  after(() => siege?.[Symbol.asyncDispose]())

  function answer({ method, path }: RawRequest, socket: Socket): void {
    const [, kind, name = ''] = decodeURIComponent(path).split('/')
    const misdeed = { garbage, broken }[kind ?? '']?.[name]
    if (misdeed !== undefined) {
      socket.write(Buffer.from(misdeed.sends, 'latin1'))
      if (misdeed.closes === true) socket.end()
    } else if (kind === 'overflowing') socket.write(overflowing[name] ?? '')
    else if (kind === 'never') held.push(socket)
    else if (kind === 'informs')
      socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(50) + answerOf('whole'))
    else if (method === 'HEAD') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody')
    else socket.write(answerOf(path))
  }

  const ask = (path: string, method = 'GET'): Promise<string> =>
    siege.send(`${method} ${path.replaceAll(' ', '%20')} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)

  for (const name of Object.keys(garbage)) {
    test(`${name}: the client hears 502, the next one is served`, async () => {
      const received = await ask(`/garbage/${name}`)
      assert.deepEqual(statusCodesIn(received), [502])
      await siege.serves()
    })
  }

  for (const [name, { sends }] of Object.entries(broken)) {
    test(`a target that ${name}: the client sees that the answer is not whole, the next one is served`, async () => {
      const received = await ask(`/broken/${name}`)
      if (sends.includes('chunked')) assert.ok(!received.endsWith('\r\n0\r\n\r\n'), JSON.stringify(received))
      else assert.ok(!received.endsWith('\r\n\r\nabcdefghij'), JSON.stringify(received))
      await siege.serves()
    })
  }

  for (const name of Object.keys(overflowing)) {
    test(`a target that ${name}: nobody gets what was too much`, async () => {
      const client = await siege.connect()
      client.write(`GET /overflowing/${name.replaceAll(' ', '%20')} HTTP/1.1\r\nHost: a\r\n\r\n`)
      await until('the answer', () => client.statusCodes.length > 0)
      // The client's own connection goes on; what comes on it next must be the answer to what is asked next.
      client.write('GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      const received = await client.untilClosed()
      for (let count = 0; count < 5; count++) await siege.serves()
      assert.doesNotMatch(received, /somebody else/)
      // Where it closed the connection instead, it has said so or answered nothing further.
      const [, ...answers] = received.split('HTTP/1.1 ')
      if (answers.length > 1) assert.match(answers[1] ?? '', /^200 OK[\s\S]*\/next$/)
      assert.ok(answers.length <= 2)
    })
  }

  test('a body after HEAD is nobody’s answer', async () => {
    const received = await ask('/head', 'HEAD')
    assert.deepEqual(statusCodesIn(received), [200])
    assert.doesNotMatch(received, /body/)
    for (let count = 0; count < 5; count++) await siege.serves()
  })

  test('informational answers, however many, come before the answer', async () => {
    const received = await ask('/informs')
    assert.equal(statusCodesIn(received).at(-1), 200)
    assert.ok(received.endsWith('\r\n\r\nwhole'))
  })

  test('a target that never answers: 504 when the idle timeout is over', async () => {
    const received = await ask('/never')
    assert.deepEqual(statusCodesIn(received), [504])
    await siege.serves()
  })

  test('a target that refuses an upload before it has read it: the client gets that answer', async () => {
    const client = await siege.connect()
    client.write('POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\nabc')
    await until('the answer', () => client.statusCodes.length > 0)
    assert.deepEqual(client.statusCodes, [413])
    client.write('x'.repeat(100_000))
    await client.untilClosed()
    assert.deepEqual(client.statusCodes, [413])
    await siege.serves()
  })

  test('after all of it the router is the same, and has let go of every connection', async () => {
    siege.assertAlive()
    for (const socket of held) socket.destroy()
    await until('no request is in flight', async () =>
      Object.values((await siege.report()).targets).every(({ inFlight }) => inFlight === 0),
    )
    assert.deepEqual(target.complaints, [])
  })
})

function answerEarly(head: string, socket: Socket): boolean {
  if (!head.startsWith('POST /early ')) return false
  socket.write(answerOf('too much', { status: '413 Content Too Large' }))
  return true
}
