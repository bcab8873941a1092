import { ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { callRouter, routerSocketPath } from '../../src/adapters/router-process.ts'
import type { ReportInJson } from '../../src/domain/router-report.ts'
import { dataDirectory, isAlive, launcher, Serving, until } from './command-line.ts'
import { canMountReadOnly, readOnly } from './read-only.ts'

test('where nothing can be written any more, all is ended, and it says what could not be written down', async (t) => {
  if (!(await canMountReadOnly())) return t.skip('only root can mount the read-only file system this test needs')
  for (const isKilled of [false, true]) {
    const data = dataDirectory(t)
    const serving = new Serving(data)
    await startTask(await serving.url())
    await until(
      () => taskPids(data).length === 1,
      () => serving.output,
    )
    const { pid: routerPid } = (await callRouter(routerSocketPath(data), {
      method: 'GET',
      path: '/report',
    })) as ReportInJson
    const left = [routerPid, ...taskPids(data)]
    if (isKilled) await serving.end('SIGKILL')
    const { stdout } = await readOnly(data, process.execPath, launcher, 'down', '--data', data)
    const engine = isKilled ? '' : `the engine (process ${serving.child.pid}), `
    assert.equal(
      stdout,
      `Ended ${engine}the load balancer (process ${routerPid}) and 1 task.\n${data} lies on a read-only file system: ` +
        'nothing could be written there. The next engine will find tasks without an exit code, and tell them as killed.\n',
    )
    assert.deepEqual(left.filter(isAlive), [])
  }
})

async function startTask(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'teal', secretAccessKey: 'teal' }
  const client = new ECSClient({ endpoint, region: 'us-east-1', credentials })
  const container = { name: 'web', image: `file://${tmpdir()}`, memory: 64, command: ['sleep', '600'] }
  await client.send(new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions: [container] }))
  await client.send(new RunTaskCommand({ taskDefinition: 'web' }))
  client.destroy()
}

/** Of the containers' commands that have begun. */
function taskPids(data: string): readonly number[] {
  const files = globSync(join(data, 'tasks/*/*.state/command'))
  return files.map((file) => Number(readFileSync(file, 'utf8'))).filter((pid) => pid > 0)
}
