import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { FunctionOutput } from '../../src/adapters/lambda-output.ts'
import { LogTail } from '../../src/adapters/lambda-log.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

describe("a function's output", () => {
  test('of many lines waits, so that the engine comes to its other work', async () => {
    const { clock, stream, taken } = outputWorld()
    stream.write('y\n'.repeat(25_000))
    stream.write('z\n'.repeat(10))
    await turn()
    assert.deepEqual([taken.length, stream.isPaused()], [25_000, true], 'half a second’s worth')
    const begun = clock.now()
    await clock.run(() => taken.length > 25_000)
    assert.deepEqual([taken.length, clock.now() - begun], [25_010, 500])
  })

  test('of a few lines is taken as it comes', async () => {
    const { stream, taken } = outputWorld()
    for (const line of ['one', 'two', 'three']) {
      stream.write(`${line}\n`)
      await turn()
      assert.equal(taken.at(-1), line)
    }
  })

  test('is taken to its end when the function has answered, however much waits', async () => {
    const { stream, taken, output } = outputWorld()
    stream.write('y\n'.repeat(25_000))
    stream.write('last\n')
    await turn()
    await FunctionOutput.read([output])
    assert.equal(taken.at(-1), 'last')
  })
})

test('the last megabyte of a log has its ends of lines in it', () => {
  const tail = new LogTail()
  for (let line = 0; line < 3_000_000; line += 1) tail.push('')
  tail.push('last')
  const { lines } = tail
  assert.deepEqual([lines.at(-1), lines.join('\n').length <= 1024 * 1024], ['last', true])
})

function outputWorld() {
  const clock = new VirtualClock()
  const stream = new PassThrough({ highWaterMark: 1024 * 1024 })
  const taken: string[] = []
  const output = new FunctionOutput(stream, clock, (lines) => void taken.push(...lines))
  return { clock, stream, taken, output }
}
