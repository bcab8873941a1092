import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import { protectionDeed, protectionDocument } from '../../../src/aws/ecs/task-agent.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { Store } from '../../../src/engine/store.ts'
import { aService, aTask, serviceArn } from '../../world/a-service.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'

const taskId = 'a'.repeat(32)
const { taskArn } = aTask(taskId)
const now = Date.parse('2030-01-01T00:00:00Z')

/** The agent's endpoint as one container of a task of a service finds it. */
async function startAgent(t: TestContext) {
  const store = new Store(new MemoryPersistence())
  store.services.put(serviceArn, aService({ desiredCount: 1 }))
  store.tasks.put(taskArn, aTask(taskId))
  const engine = { store, clock: { now: () => now }, settings: { minuteMilliseconds: 1_000 } } as unknown as Engine
  const endpoint = await startEndpoint({
    services: [],
    documents: [protectionDocument(engine)],
    deeds: [protectionDeed(engine)],
    host: '127.0.0.1',
    port: 0,
    accountId: '000000000000',
    log: { info: () => undefined, warn: () => undefined },
  })
  t.after(() => endpoint.close())
  const ask = async (init?: RequestInit, id = taskId) => {
    const response = await fetch(`${endpoint.url}/v4/${id}-0/api/task-protection/v1/state`, init)
    return { status: response.status, text: await response.text() }
  }
  const put = async (body: unknown, id?: string) => {
    const { status, text } = await ask({ method: 'PUT', body: JSON.stringify(body) }, id)
    return { status, answer: JSON.parse(text) as unknown }
  }
  const get = async () => JSON.parse((await ask()).text) as unknown
  return { store, ask, put, get }
}

describe('a container that protects its task from scale-in', () => {
  test('does it for two hours or as long as it says, reads it, and ends it', async (t) => {
    const { store, put, get } = await startAgent(t)
    const none = { protection: { ExpirationDate: null, ProtectionEnabled: false, TaskArn: taskArn } }
    const until = (ExpirationDate: string) => ({
      protection: { ExpirationDate, ProtectionEnabled: true, TaskArn: taskArn },
    })
    assert.deepEqual(await get(), none)
    // 120 of minutes that last a second.
    const standard = until('2030-01-01T00:02:00.000Z')
    assert.deepEqual(await put({ ProtectionEnabled: true }), { status: 200, answer: standard })
    assert.deepEqual(await get(), standard)
    const hour = until('2030-01-01T00:01:00.000Z')
    // The agent of ECS does not mind how its members' names begin.
    assert.deepEqual(await put({ protectionEnabled: true, expiresInMinutes: 60 }), { status: 200, answer: hour })
    assert.equal(store.tasks.get(taskArn)?.protectedUntil, now + 60_000)
    assert.deepEqual(await put({ ProtectionEnabled: false }), { status: 200, answer: none })
    assert.deepEqual(await get(), none)
  })

  test('is told why it cannot', async (t) => {
    const { store, ask, put, get } = await startAgent(t)
    store.services.put(serviceArn, aService({ desiredCount: 0 }))
    const blocked = await put({ ProtectionEnabled: true })
    assert.equal(blocked.status, 200)
    const { failure } = blocked.answer as { failure: Record<string, unknown> }
    assert.deepEqual([failure['Arn'], failure['Reason']], [taskArn, 'DEPLOYMENT_BLOCKED'])
    assert.match(String(failure['Detail']), /^0 other tasks of the service are protected, and its desired count is 0/)
    store.tasks.put(taskArn, aTask(taskId, { serviceArn: '' }))
    for (const answer of [(await put({ ProtectionEnabled: true })).answer, await get()]) {
      assert.equal((answer as { failure: Record<string, unknown> }).failure['Reason'], 'TASK_NOT_VALID')
    }
    assert.deepEqual(await put({ ProtectionEnabled: true }, 'b'.repeat(32)), {
      status: 404,
      answer: { error: { Code: 'ResourceNotFoundException', Message: 'There is no task whose container this is.' } },
    })
    assert.equal((await ask({}, 'b'.repeat(32))).status, 404)
  })

  test('is refused what makes no sense', async (t) => {
    const { store, ask, put } = await startAgent(t)
    for (const [body, text] of [
      [{}, /^ProtectionEnabled is missing\. Pass true or false\.$/],
      [{ ProtectionEnabled: 'yes' }, /^ProtectionEnabled is "yes"\. Pass true or false\.$/],
      [{ ProtectionEnabled: true, Minutes: 5 }, /^Minutes is no member of the request/],
      [{ ProtectionEnabled: true, ExpiresInMinutes: '5' }, /^ExpiresInMinutes is "5"\. Pass a number of minutes\.$/],
      [{ ProtectionEnabled: true, ExpiresInMinutes: 0 }, /^expiresInMinutes is 0\. Pass a whole number/],
      [[], /^The request is no JSON object/],
    ] as const) {
      const { status, answer } = await put(body)
      const { error } = answer as { error: { Arn: string; Code: string; Message: string } }
      assert.deepEqual([status, error.Arn, error.Code], [400, taskArn, 'InvalidParameterException'])
      assert.match(error.Message, text)
    }
    assert.equal((await ask({ method: 'PUT', body: '{' })).status, 400)
    assert.equal((await ask({ method: 'POST', body: '{"ProtectionEnabled":true}' })).status === 200, false)
    assert.equal(store.tasks.get(taskArn)?.protectedUntil, undefined)
  })
})
