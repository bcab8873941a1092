import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import { freePorts } from '../../demo/free-ports.ts'
import { claimPort } from '../../src/adapters/port-claim.ts'

const skip = process.platform === 'linux' ? false : 'only Linux has names that end with their process'
const claimant = `
  import { claimPort } from '${new URL('../../src/adapters/port-claim.ts', import.meta.url).href}'
  console.log((await claimPort(Number(process.argv[1]))) === undefined ? 'taken' : 'claimed')
  process.stdin.on('end', () => process.exit()).resume()
`

describe('the claim of a port', { skip }, () => {
  test('keeps everybody else from it until it is released', async (t) => {
    const [port = 0] = await freePorts(1)
    assert.equal(await claimPort(port), undefined, 'it was drawn in this process')
    const other = port + 20_000
    const claim = await claimPort(other)
    t.after(() => claim?.release())
    assert.ok(claim)
    assert.equal(await claimPort(other), undefined)
    claim.release()
    const again = await claimPort(other)
    assert.ok(again)
    again.release()
  })

  test('of a process that is gone is nobody’s', async (t) => {
    const [port = 0] = await freePorts(1)
    const other = port + 20_000
    const child = spawn(process.execPath, ['--input-type=module', '--eval', claimant, String(other)])
    t.after(() => child.kill('SIGKILL'))
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    assert.equal(String(said), 'claimed\n')
    assert.equal(await claimPort(other), undefined)
    child.kill('SIGKILL')
    await once(child, 'exit')
    const claim = await claimPort(other)
    assert.ok(claim)
    claim.release()
  })
})
