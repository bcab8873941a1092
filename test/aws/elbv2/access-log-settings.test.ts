import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ObjectFilesOnDisk } from '../../../src/adapters/object-files.ts'
import { SystemChance } from '../../../src/adapters/system-chance.ts'
import { checkAccessLogs } from '../../../src/aws/elbv2/access-log-settings.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { ObjectStore } from '../../../src/engine/object-store.ts'
import { Store } from '../../../src/engine/store.ts'
import { Cleanups } from '../../cleanups.ts'
import { HandClock, loggedLoadBalancer } from '../../engine/spooled-logs.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'

const on = { 'access_logs.s3.enabled': 'true', 'access_logs.s3.bucket': 'logs' }
const none = { ...loggedLoadBalancer(), attributes: {} }

function world(cleanups: Cleanups) {
  const store = new Store(new MemoryPersistence())
  const clock = new HandClock()
  const files = new ObjectFilesOnDisk(cleanups.temporaryDirectory())
  const objects = new ObjectStore({ store, clock, chance: new SystemChance(), files })
  store.buckets.put('logs', { bucketName: 'logs', region: 'eu-west-1', createTime: 0 })
  const engine: Pick<Engine, 'clock' | 'objects' | 'store'> = { store, clock, objects }
  return { store, objects, check: (changed: Record<string, string>, of = none) => checkAccessLogs(engine, of, changed) }
}

test('switching an access log on leaves a file in the bucket that says so', async () => {
  await using cleanups = new Cleanups()
  const { objects, store, check } = world(cleanups)
  await check(on)
  const key = 'AWSLogs/000000000000/ELBAccessLogTestFile'
  const file = await objects.read({ bucket: 'logs', key })
  assert.equal(Buffer.from(file?.content ?? []).toString(), 'Enable AccessLog for ELB: web at 2026-01-02T22:25:01.000Z')
  await check({ ...on, 'access_logs.s3.prefix': 'lb' })
  assert.deepEqual(
    store.objects
      .list()
      .map((object) => object.key)
      .toSorted(),
    [key, `lb/${key}`],
  )
  // Neither another attribute nor switching it off has to do with the bucket.
  store.buckets.delete('logs')
  await check({ ...loggedLoadBalancer().attributes, 'idle_timeout.timeout_seconds': '7' }, loggedLoadBalancer())
  await check({ 'access_logs.s3.enabled': 'false' }, loggedLoadBalancer())
})

test('a bucket that is not there, none at all, and a prefix that cannot be are refused', async () => {
  await using cleanups = new Cleanups()
  const { store, check } = world(cleanups)
  const refused = (changed: Record<string, string>, message: RegExp) =>
    assert.rejects(check({ ...on, ...changed }), { code: 'InvalidConfigurationRequestException', message })
  await refused(
    { 'access_logs.s3.bucket': 'nowhere' },
    /^Access Denied for bucket: nowhere\. Please check S3bucket permission$/,
  )
  await refused({ 'access_logs.s3.bucket': '' }, /'access_logs\.s3\.bucket' must be the name of a bucket/)
  await refused({ 'access_logs.s3.prefix': 'my/AWSLogs' }, /'my\/AWSLogs', must not contain 'AWSLogs'/)
  await refused({ 'access_logs.s3.prefix': 'my/' }, /must not begin or end with '\/'/)
  assert.equal(store.objects.list().length, 0)
})
