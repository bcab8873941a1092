import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { answerOf, RawTarget } from './raw-target.ts'
import { Siege, statusCodesIn, until, type Client } from './siege.ts'

/** More than the kernel keeps for a connection that nobody reads from, on both hops together. */
const bigBodyBytes = 256 * 2 ** 20
/** A heap grows before it is collected; what is looked for is growth with each byte or connection. */
const toleratedMebibytes = 96

describe('clients that are slow, endless or many', { timeout: 180_000 }, () => {
  test('a head that comes byte by byte is a head', async () => {
    const target = await new RawTarget().open()
    await using siege = await Siege.begin({ targets: [target] })
    const client = await siege.connect()
    for (const byte of 'GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n') {
      client.write(byte)
      await delay(2)
    }
    assert.match(await client.untilClosed(), /^HTTP\/1\.1 200 [\s\S]*\/slow$/)
    assert.deepEqual(target.complaints, [])
  })

  test('a body that takes longer than the idle timeout but never pauses so long arrives whole', async () => {
    const target = await new RawTarget().open()
    await using siege = await Siege.begin({ targets: [target] })
    const client = await siege.connect()
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 12\r\nConnection: close\r\n\r\n')
    for (let count = 0; count < 12; count++) {
      await delay(250)
      client.write('x')
    }
    assert.deepEqual(statusCodesIn(await client.untilClosed()), [200])
    assert.equal(String(target.requests[0]?.body), 'x'.repeat(12))
  })

  test('hundreds of bodies that drip cost little memory, keep nobody else waiting, and end with their clients', async () => {
    const listener = { idleTimeoutSeconds: 4 }
    await using siege = await Siege.begin({ targets: [await new RawTarget().open()], listener })
    const clients = await connectMany(siege, 200)
    const before = siege.memory()
    for (const client of clients) client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n')
    // Longer than the idle timeout.
    for (let count = 0; count < 9; count++) {
      for (const client of clients) client.write('x')
      await siege.serves()
      await delay(500)
    }
    assertGrownLittle(siege, before)
    assert.ok(clients.every((client) => !client.isClosed && client.received === ''))
    for (const client of clients) client.socket.destroy()
    await until('no request is in flight', async () =>
      Object.values((await siege.report()).targets).every(({ inFlight }) => inFlight === 0),
    )
  })

  test('hundreds of heads that are never finished keep nobody else waiting, and are given up', async () => {
    await using siege = await Siege.begin({ targets: [await new RawTarget().open()] })
    const openFiles = siege.openFiles()
    const clients = await connectMany(siege, 400)
    for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: a\r\nX-One: ')
    for (let count = 0; count < 10; count++) await siege.serves()
    await Promise.all(clients.map((client) => client.untilClosed()))
    for (const client of clients) assert.ok((client.statusCodes[0] ?? 408) === 408, client.received)
    await siege.serves()
    await until('the files are closed', () => siege.openFiles() <= openFiles + 4)
  })

  test('connections on which nothing ever comes are given up', async () => {
    await using siege = await Siege.begin({ targets: [await new RawTarget().open()] })
    const clients = await connectMany(siege, 100)
    await Promise.all(clients.map((client) => client.untilClosed()))
    await siege.serves()
  })

  for (const [name, bytes, codes] of [
    ['headers without end', `GET / HTTP/1.1\r\nHost: a\r\n${'X-One: a\r\n'.repeat(200_000)}`, [400, 431]],
    ['a header line without end', `GET / HTTP/1.1\r\nHost: a\r\nX-One: ${'a'.repeat(2_000_000)}`, [400, 431]],
    ['a header name without end', `GET / HTTP/1.1\r\nHost: a\r\n${'a'.repeat(2_000_000)}`, [400, 431]],
    ['a request line without end', `GET /${'a'.repeat(2_000_000)}`, [414]],
    ['a method without end', 'A'.repeat(2_000_000), [400]],
    ['empty lines without end', '\r\n'.repeat(1_000_000), [400]],
    ['zeros without end', '\0'.repeat(2_000_000), [400]],
  ] as const) {
    test(`${name}: refused`, async () => {
      const target = await new RawTarget().open()
      await using siege = await Siege.begin({ targets: [target] })
      const received = statusCodesIn(await siege.send(bytes))
      // The answer may be overtaken by the reset that follows what was sent in vain.
      assert.ok(received.length <= 1 && codes.includes((received[0] ?? codes[0]) as never), received.join(', '))
      assert.deepEqual(target.requests, [])
      await siege.serves()
    })
  }

  test('pipelined requests are answered one after the other, in their order', async () => {
    const target = await new RawTarget().open()
    await using siege = await Siege.begin({ targets: [target] })
    const count = 500
    const requests = Array.from({ length: count }, (_, index) => {
      const isLast = index === count - 1
      return `GET /${index} HTTP/1.1\r\nHost: a\r\n${isLast ? 'Connection: close\r\n' : ''}\r\n`
    })
    const received = await siege.send(requests.join(''))
    const answered = [...received.matchAll(/\r\n\r\n\/(\d+)/g)].map(([, index]) => Number(index))
    assert.deepEqual(
      answered,
      Array.from({ length: count }, (_, index) => index),
    )
  })

  test('requests without end from a client that reads nothing stay with the client', async () => {
    const answer = answerOf('x'.repeat(16_384))
    const target = await new RawTarget({ answer: (_, socket) => void socket.write(answer) }).open()
    await using siege = await Siege.begin({ targets: [target], listener: { idleTimeoutSeconds: 60 } })
    const client = await siege.connect()
    client.socket.pause()
    const before = siege.memory()
    const requests = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(1_000_000)
    client.write(requests)
    await settled(() => target.requests.length)
    assert.ok(
      client.socket.writableLength > requests.length / 2,
      `${client.socket.writableLength} bytes were kept back`,
    )
    assertGrownLittle(siege, before)
    client.socket.destroy()
    await siege.serves()
  })

  test('answers to clients that do not read stay with the target', async () => {
    const sent = new Map<Socket, number>()
    const target = await new RawTarget({ answer: (_, socket) => pour(socket, sent) }).open()
    await using siege = await Siege.begin({ targets: [target], listener: { idleTimeoutSeconds: 60 } })
    const clients = await connectMany(siege, 10)
    const before = siege.memory()
    for (const client of clients) {
      client.socket.pause()
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    }
    await until('all have reached the target', () => sent.size === clients.length)
    await settled(() => [...sent.values()].reduce((sum, bytes) => sum + bytes, 0))
    for (const bytes of sent.values()) assert.ok(bytes < bigBodyBytes / 2, `${bytes} bytes were taken`)
    assertGrownLittle(siege, before)
    for (const client of clients) client.socket.destroy()
    await until('the target’s connections are given up', () => [...sent.keys()].every((socket) => socket.destroyed))
    siege.assertAlive()
  })

  test('informational answers without end to a client that does not read stay with the target', async () => {
    let sent = 0
    const target = await new RawTarget({
      answer: (_, socket) => {
        const hints = Buffer.from('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'.repeat(1_000))
        const more = (): void => {
          while (sent < bigBodyBytes && !socket.destroyed) {
            sent += hints.length
            if (!socket.write(hints)) return
          }
        }
        socket.on('drain', more)
        more()
      },
    }).open()
    await using siege = await Siege.begin({ targets: [target], listener: { idleTimeoutSeconds: 60 } })
    const client = await siege.connect()
    client.socket.pause()
    const before = siege.memory()
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await settled(() => sent)
    assert.ok(sent < bigBodyBytes, `${sent} bytes were taken`)
    assertGrownLittle(siege, before)
    client.socket.destroy()
    await siege.serves()
  })

  test('uploads to a target that does not read stay with the clients', async () => {
    const target = await new RawTarget({ answerHead: stopsReading }).open()
    await using siege = await Siege.begin({ targets: [target], listener: { idleTimeoutSeconds: 60 } })
    const clients = await connectMany(siege, 10)
    const before = siege.memory()
    const body = Buffer.alloc(bigBodyBytes)
    for (const client of clients) {
      client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`)
      client.write(body)
    }
    await settled(() => clients.reduce((sum, { socket }) => sum + socket.writableLength, 0))
    for (const { socket } of clients)
      assert.ok(socket.writableLength > bigBodyBytes / 2, `${socket.writableLength} bytes`)
    assertGrownLittle(siege, before)
    for (const client of clients) client.socket.destroy()
    await siege.serves()
  })

  test('more connections than the router may have open: it lives, and serves again when they are gone', async () => {
    await using siege = await Siege.begin({ targets: [await new RawTarget().open()], openFiles: 150 })
    const openFiles = siege.openFiles()
    const clients = await connectMany(siege, 400)
    for (const client of clients) client.write('GET /flood HTTP/1.1\r\nHost: a\r\n\r\n')
    await until('it has as many open as it may, or has turned the others away', () => {
      const settledClients = clients.filter((client) => client.isClosed || client.statusCodes.length > 0)
      return siege.openFiles() >= 140 || settledClients.length === clients.length
    })
    siege.assertAlive()
    for (const client of clients) client.socket.destroy()
    await until('the files are closed', () => siege.openFiles() <= openFiles + 10)
    await siege.serves()
    siege.assertAlive()
  })

  test('thousands of connections, each for one request, leave no file open and little memory behind', async () => {
    const target = await new RawTarget().open()
    await using siege = await Siege.begin({ targets: [target] })
    const openFiles = siege.openFiles()
    const round = async (): Promise<void> => {
      for (let turn = 0; turn < 15; turn++) await Promise.all(Array.from({ length: 100 }, () => siege.serves()))
    }
    await round()
    const before = siege.memory()
    await round()
    assertGrownLittle(siege, before)
    target.dropConnections()
    await until('the files are closed', () => siege.openFiles() <= openFiles + 4)
  })

  test('clients that go away in the middle of everything leave nothing behind', async () => {
    const target = await new RawTarget({
      answer: (_, socket) => void socket.write(answerOf('x'.repeat(100_000))),
    }).open()
    await using siege = await Siege.begin({ targets: [target] })
    const openFiles = siege.openFiles()
    for (let turn = 0; turn < 200; turn++) {
      const client = await siege.connect()
      client.write(
        ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', 'GET / HT', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na'][
          turn % 3
        ] ?? '',
      )
      if (turn % 2 === 0) await delay(1)
      if (turn % 5 === 0) client.socket.resetAndDestroy()
      else client.socket.destroy()
    }
    await until('no request is in flight', async () =>
      Object.values((await siege.report()).targets).every(({ inFlight }) => inFlight === 0),
    )
    target.dropConnections()
    await until('the files are closed', () => siege.openFiles() <= openFiles + 4)
    assert.deepEqual(target.complaints, [])
  })
})

/** Uploads are not read at all. */
function stopsReading(head: string, socket: Socket): boolean {
  if (!head.startsWith('POST ')) return false
  socket.pause()
  return true
}

async function connectMany(siege: Siege, count: number): Promise<readonly Client[]> {
  const clients: Client[] = []
  while (clients.length < count) clients.push(...(await Promise.all(Array.from({ length: 10 }, () => siege.connect()))))
  return clients
}

/** Resolves when a number has stopped changing. */
async function settled(count: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 10;) {
    await delay(50)
    same = count() === last ? same + 1 : 0
    last = count()
  }
}

function assertGrownLittle(siege: Siege, before: number): void {
  siege.assertAlive()
  const growth = siege.memory() - before
  assert.ok(growth < toleratedMebibytes, `the router has grown by ${Math.round(growth)} MiB`)
}

/** Sends a large answer as fast as it is taken. */
function pour(socket: Socket, sent: Map<Socket, number>): void {
  const piece = Buffer.alloc(65_536)
  socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bigBodyBytes}\r\n\r\n`)
  sent.set(socket, 0)
  const more = (): void => {
    for (let bytes = sent.get(socket) ?? 0; bytes < bigBodyBytes && !socket.destroyed;) {
      bytes += piece.length
      sent.set(socket, bytes)
      if (!socket.write(piece)) return
    }
  }
  socket.on('drain', more)
  more()
}
