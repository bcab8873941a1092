import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { TakenBytes } from '../../src/router/taken-bytes.ts'
import { Cleanups, routerBefore } from './test-router.ts'

const linuxOnly = { skip: process.platform !== 'linux' && 'only Linux tells what waits' }

/** The ends of a connection on which nothing is read that is not asked for. */
async function connection(cleanups: Cleanups): Promise<{ readonly sender: Socket; readonly reader: Socket }> {
  const server = createServer({ highWaterMark: 16 * 1024 }).listen(0, '127.0.0.1')
  cleanups.add(() => void server.close())
  await once(server, 'listening')
  const sender = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [reader] = (await once(server, 'connection')) as [Socket]
  cleanups.add(() => void [sender, reader].map((socket) => socket.destroy()))
  return { sender, reader }
}

/** Returns how many more than so many it has read. */
async function read(reader: Socket, bytes: number): Promise<number> {
  let length = 0
  while (length < bytes) {
    const piece = reader.read() as Buffer | null
    if (piece === null) await once(reader, 'readable')
    else length += piece.length
  }
  return length - bytes
}

async function untilMoving(isMoving: boolean, taken: TakenBytes, socket: Socket): Promise<void> {
  while ((await taken.areMoving(socket)) !== isMoving) await delay(5)
}

test('bytes that nobody reads do not move, and those that somebody reads do', linuxOnly, async () => {
  await using cleanups = new Cleanups()
  const { sender, reader } = await connection(cleanups)
  const taken = new TakenBytes()
  assert.equal(await taken.areMoving(sender), false)
  sender.write(Buffer.alloc(300 * 1024))
  await untilMoving(true, taken, sender)
  await untilMoving(false, taken, sender)
  const more = await read(reader, 100 * 1024)
  await untilMoving(true, taken, sender)
  await untilMoving(false, taken, sender)
  await read(reader, 200 * 1024 - more)
  await untilMoving(true, taken, sender)
  await untilMoving(false, taken, sender)
})

/** Reads so much in each twentieth of a second, and answers when it has read what it wanted. */
async function slowTarget(cleanups: Cleanups, bytes: number, wanted: number): Promise<number> {
  const serve = async (socket: Socket): Promise<void> => {
    if (bytes === 0) return
    for (let length = 0; length < wanted;) {
      await delay(50)
      length += bytes + (await read(socket, Math.min(bytes, wanted - length)))
    }
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
  }
  const server = createServer({ highWaterMark: 16 * 1024 }, (socket) => {
    socket.on('error', () => undefined)
    cleanups.add(() => void socket.destroy())
    void serve(socket)
  }).listen(0, '127.0.0.1')
  cleanups.add(() => void server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function upload(port: number, bytes: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes}\r\n\r\n`)
  socket.write(Buffer.alloc(bytes))
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return answer.toString('latin1')
}

const megabyte = 1024 * 1024

test('an upload goes on while its target reads it, however slowly', linuxOnly, async () => {
  await using cleanups = new Cleanups()
  const target = await slowTarget(cleanups, 64 * 1024, 5 * megabyte)
  const { port } = await routerBefore(cleanups, [target], { idleTimeoutSeconds: 1.5 })
  assert.match(await upload(port, 5 * megabyte), /^HTTP\/1\.1 200 /)
})

test('an upload of which its target reads nothing is answered 504', async () => {
  await using cleanups = new Cleanups()
  const target = await slowTarget(cleanups, 0, 1)
  const { port } = await routerBefore(cleanups, [target], { idleTimeoutSeconds: 0.3 })
  assert.match(await upload(port, 5 * megabyte), /^HTTP\/1\.1 504 /)
})
