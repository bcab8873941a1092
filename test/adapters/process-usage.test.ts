import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, processWorld, shellContainer, startTask, task } from './process-world.ts'

const isLinux = process.platform === 'linux'

test('a task’s usage is that of all its processes, also of those that have ended', { skip: !isLinux }, async (t) => {
  const { app, runtime } = processWorld(t)
  const tasks = runtime()
  const busy = 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'
  await startTask(tasks, task('busy', shellContainer(app, `sh -c '${busy}'; sleep 300`)))
  await startTask(tasks, task('idle', shellContainer(app, 'sleep 300')))
  const used = await eventually('the child has used the processor', async () => {
    const usage = await tasks.usage('busy')
    return usage !== undefined && usage.cpuMilliseconds >= 50 ? usage : undefined
  })
  assert(used.memoryBytes > 0)
  const idle = await tasks.usage('idle')
  assert(idle !== undefined && idle.cpuMilliseconds < used.cpuMilliseconds)
  const later = await tasks.usage('busy')
  assert(later !== undefined && later.cpuMilliseconds >= used.cpuMilliseconds)
})

test('of a task that does not run there is no usage', { skip: !isLinux }, async (t) => {
  const { app, runtime } = processWorld(t)
  const tasks = runtime()
  assert.equal(await tasks.usage('nobody'), undefined)
  await startTask(tasks, task('short', shellContainer(app, 'exit 0')))
  await tasks.stop('short')
  assert.equal(await tasks.usage('short'), undefined)
})
