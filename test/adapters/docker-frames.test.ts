import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerFrames } from '../../src/adapters/docker-frames.ts'

function frame(stream: number, text: string): Buffer {
  const payload = Buffer.from(text)
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(payload.length, 4)
  return Buffer.concat([header, payload])
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(bytes: Buffer, size: number): Promise<readonly string[]> {
  const found: string[] = []
  for await (const { stream, payload } of dockerFrames(inPieces(bytes, size)))
    found.push(`${stream} ${String(payload)}`)
  return found
}

test('messages are told apart however the connection cuts them', async () => {
  const bytes = Buffer.concat([frame(1, 'one'), frame(2, ''), frame(1, 'äö'), frame(2, 'x'.repeat(1_000))])
  const expected = ['stdout one', 'stderr ', 'stdout äö', `stderr ${'x'.repeat(1_000)}`]
  for (const size of [1, 3, 7, 8, 9, 100, 5_000]) assert.deepEqual(await read(bytes, size), expected)
})

test('an answer that ends inside a message is an error', async () => {
  await assert.rejects(read(frame(1, 'one').subarray(0, 9), 100), /in the middle of a message/)
})
