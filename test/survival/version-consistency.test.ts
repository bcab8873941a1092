import {
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServiceRevisionsCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import type { ServiceRevision, Task } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { ImageStore } from '../../src/adapters/image-store.ts'
import { dataDirectory, Serving } from '../cli/command-line.ts'
import { until } from './theatre.ts'

const service = 'web'

test('a tag that is given to another image changes no task of a service before its next deployment', async (t) => {
  const data = dataDirectory(t)
  const build = builderOf(t, data)
  const serving = new Serving(data)
  let ecs = clientOf(await serving.url())
  const first = await build('one')
  await createService(ecs)
  assert.deepEqual(await imagesOf(ecs, 1), [first])
  const revised = await revisionOf(ecs)
  assert.deepEqual(revised?.containerImages, [{ containerName: 'web', image: 'web:1', imageDigest: first }])

  const second = await build('two')
  assert.notEqual(second, first)
  await ecs.send(new UpdateServiceCommand({ service, desiredCount: 2 }))
  assert.deepEqual(await imagesOf(ecs, 2), [first, first])
  assert.equal(await serving.end('SIGKILL'), 'SIGKILL')
  ecs = clientOf(await new Serving(data).url())
  await ecs.send(new UpdateServiceCommand({ service, desiredCount: 3 }))
  assert.deepEqual(await imagesOf(ecs, 3), [first, first, first])

  await ecs.send(new UpdateServiceCommand({ service, desiredCount: 2, forceNewDeployment: true }))
  assert.deepEqual(await imagesOf(ecs, 2), [second, second])
  assert.equal((await revisionOf(ecs))?.containerImages?.[0]?.imageDigest, second)
  assert.equal(revised?.taskDefinition, (await revisionOf(ecs))?.taskDefinition)
})

/** Makes `web:1` of what is said, and answers the image's digest. */
function builderOf(t: TestContext, data: string): (says: string) => Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'teal-image-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return async (says) => {
    writeFileSync(join(directory, 'Dockerfile'), `FROM scratch\nCMD echo ${says}; exec sleep 600\n`)
    return (await new ImageStore(data).build({ directory, tag: 'web:1' })).digest
  }
}

function clientOf(endpoint: string): ECSClient {
  const credentials = { accessKeyId: 'teal', secretAccessKey: 'teal' }
  return new ECSClient({ endpoint, region: 'us-east-1', credentials })
}

async function createService(ecs: ECSClient): Promise<void> {
  await ecs.send(new CreateClusterCommand({}))
  const web = { name: 'web', image: 'web:1', memory: 64, stopTimeout: 2 }
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions: [web] }),
  )
  const { taskDefinitionArn } = taskDefinition ?? {}
  await ecs.send(new CreateServiceCommand({ serviceName: service, taskDefinition: taskDefinitionArn, desiredCount: 1 }))
}

/** Waits until so many tasks of the service's deployment run, and answers the digests of their images. */
async function imagesOf(ecs: ECSClient, count: number): Promise<readonly (string | undefined)[]> {
  let running: readonly Task[] = []
  await until(`${count} tasks run`, async () => {
    const { services: [found] = [] } = await ecs.send(new DescribeServicesCommand({ services: [service] }))
    const { taskArns: tasks = [] } = await ecs.send(new ListTasksCommand({ serviceName: service }))
    if (tasks.length === 0) return false
    const all = (await ecs.send(new DescribeTasksCommand({ tasks }))).tasks ?? []
    const own = all.filter(({ startedBy }) => startedBy === found?.deployments?.[0]?.id)
    running = own.filter(({ lastStatus }) => lastStatus === 'RUNNING')
    return running.length === count && own.length === count
  })
  return running.map(({ containers: [container] = [] }) => container?.imageDigest)
}

/** The revision of the service's deployment. */
async function revisionOf(ecs: ECSClient): Promise<ServiceRevision | undefined> {
  const { services: [found] = [] } = await ecs.send(new DescribeServicesCommand({ services: [service] }))
  const digits = found?.deployments?.[0]?.id?.split('/')[1]
  const revisionArn = `${found?.serviceArn?.replace(':service/', ':service-revision/')}/${digits}`
  const { serviceRevisions } = await ecs.send(
    new DescribeServiceRevisionsCommand({ serviceRevisionArns: [revisionArn] }),
  )
  return serviceRevisions?.[0]
}
