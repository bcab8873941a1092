import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { identityOf, isAlive, isGroupGone, pidOf, signalGroup } from '../../src/adapters/process-identity.ts'

async function sleeper(t: TestContext): Promise<ChildProcess> {
  const child = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' })
  await once(child, 'spawn')
  t.after(() => child.kill('SIGKILL'))
  return child
}

describe("a process's identity", () => {
  test('stays while it lives and is gone when it ends', async (t) => {
    const child = await sleeper(t)
    const identity = identityOf(child.pid ?? 0) ?? ''
    assert.equal(pidOf(identity), child.pid)
    assert.ok(isAlive(identity))
    assert.equal(isGroupGone(identity), false)
    signalGroup(identity, 'SIGKILL')
    await once(child, 'exit')
    assert.equal(isAlive(identity), false)
    assert.ok(isGroupGone(identity))
  })

  test('is not that of a later process with the same pid, which is never signalled', async (t) => {
    const child = await sleeper(t)
    const [pid, boot, start] = (identityOf(child.pid ?? 0) ?? '').split(':')
    for (const former of [`${pid}:${boot}:${Number(start) - 1}`, `${pid}:another-boot:${start}`]) {
      assert.equal(isAlive(former), false)
      assert.ok(isGroupGone(former))
      signalGroup(former, 'SIGKILL')
    }
    assert.ok(isAlive(`${pid}:${boot}:${start}`))
    assert.equal(child.signalCode, null)
  })

  test('finds the group of a leader that has ended', async (t) => {
    const leader = spawn('sh', ['-c', 'sleep 300 & echo $!; read line'], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    const [output] = (await once(leader.stdout, 'data')) as [Buffer]
    const member = Number(output.toString())
    t.after(() => {
      if (identityOf(member) !== undefined) process.kill(member, 'SIGKILL')
    })
    const identity = identityOf(leader.pid ?? 0) ?? ''
    leader.kill('SIGKILL')
    await once(leader, 'exit')
    assert.equal(isAlive(identity), false)
    assert.equal(isGroupGone(identity), false)
    signalGroup(identity, 'SIGKILL')
    const deadline = Date.now() + 10_000
    while (!isGroupGone(identity)) {
      assert.ok(Date.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    assert.equal(identityOf(member), undefined)
  })
})
