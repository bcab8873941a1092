import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isFargateSize, readTaskSize } from '../../../src/aws/ecs/fargate-sizes.ts'
import { assertRefused, registerWeb, startEcs } from './ecs-world.ts'

const is = (cpu: number, memory: number) => isFargateSize({ cpu: String(cpu), memory: String(memory) })

const setting = (name: string) =>
  `Invalid '${name}' setting for task. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.`

describe('the size of a task', () => {
  test('numbers, vCPU and GB are read to cpu units and MiB', () => {
    assert.deepEqual(readTaskSize({ cpu: '.25 vCPU', memory: '0.5 GB' }), { cpu: '256', memory: '512' })
    assert.deepEqual(readTaskSize({ cpu: '1vcpu', memory: '2gb' }), { cpu: '1024', memory: '2048' })
    assert.deepEqual(readTaskSize({ cpu: '512', memory: undefined }), { cpu: '512' })
  })

  test('Fargate has the sizes of its table and no others', () => {
    assert.ok([512, 1024, 2048].every((memory) => is(256, memory)))
    assert.ok([1024, 2048, 4096].every((memory) => is(512, memory)))
    assert.ok(is(4096, 30_720) && is(8192, 61_440) && is(16_384, 122_880) && is(16_384, 40_960))
    assert.ok(![3072, 256].some((memory) => is(256, memory)))
    assert.ok(!is(512, 512) && !is(1024, 2049) && !is(8192, 17_408) && !is(300, 512) && !is(16_384, 36_864))
  })

  test('Fargate needs both numbers, readable, and a pair it has', async (t) => {
    const world = await startEcs(t)
    await assertRefused(registerWeb(world, { cpu: undefined }), 'ClientException', setting('cpu'))
    await assertRefused(registerWeb(world, { cpu: 'much' }), 'ClientException', setting('cpu'))
    await assertRefused(registerWeb(world, { memory: undefined }), 'ClientException', setting('memory'))
    await assertRefused(registerWeb(world, { memory: '0' }), 'ClientException', setting('memory'))
    await assertRefused(
      registerWeb(world, { memory: '3072' }),
      'ClientException',
      'No Fargate configuration exists for given values: 256 CPU, 3072 memory. See the Amazon ECS documentation for the valid values.',
    )
  })
})
