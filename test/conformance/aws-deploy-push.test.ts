import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { ObjectFilesOnDisk } from '../../src/adapters/object-files.ts'
import { SystemChance } from '../../src/adapters/system-chance.ts'
import { codeDeploy } from '../../src/aws/codedeploy/service.ts'
import { startEndpoint } from '../../src/aws/endpoint.ts'
import { s3 } from '../../src/aws/s3/service.ts'
import { appSpecOfRevision } from '../../src/domain/code-deploy.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { ObjectStore } from '../../src/engine/object-store.ts'
import { awsCli, hasAwsCli } from '../aws/s3/s3-world.ts'
import { appSpec, createGroup, openWorld } from '../aws/codedeploy/api-world.ts'
import { MemorySupervisor } from '../aws/codedeploy/memory-supervisor.ts'

test('aws deploy push bundles a directory, and create-deployment deploys it', async (t) => {
  if (!(await hasAwsCli(t))) return
  const world = await openWorld(t)
  await createGroup(world)
  const directory = mkdtempSync(join(tmpdir(), 'teal-push-'))
  const source = join(directory, 'source')
  mkdirSync(source)
  writeFileSync(join(source, 'appspec.yml'), appSpec)
  writeFileSync(join(source, 'other.txt'), 'other')
  const tools = { store: world.store, clock: { now: () => 1_700_000_000_000 }, chance: new SystemChance() }
  const objects = new ObjectStore({ ...tools, files: new ObjectFilesOnDisk(directory) })
  const engine = { ...tools, objects, deployments: new MemorySupervisor(world.store) } as unknown as Engine
  const log = { info: () => undefined, warn: assert.fail }
  const services = [codeDeploy(engine), s3({ ...engine, objects })]
  const endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId: '000000000000', log })
  t.after(async () => {
    await endpoint.close()
    rmSync(directory, { recursive: true, force: true })
  })
  /** Arguments without spaces in them. */
  const aws = (command: string) => awsCli(endpoint.url, ...command.split(' '))

  await aws('s3 mb s3://revisions')
  await aws('s3api put-bucket-versioning --bucket revisions --versioning-configuration Status=Enabled')
  const pushed = await aws(`deploy push --application-name app --source ${source} --s3-location s3://revisions/app.zip`)
  const location = /--s3-location (\S+)/.exec(pushed)?.[1] ?? ''
  assert.match(location, /^bucket=revisions,key=app\.zip,bundleType=zip,eTag=[0-9a-f]{32},version=\w+$/)
  const deploymentId = await aws(
    `deploy create-deployment --application-name app --deployment-group-name group --s3-location ${location} ` +
      '--query deploymentId --output text',
  )
  const revision = world.store.deployments.get(deploymentId.trim())?.revision
  assert.deepEqual(revision && appSpecOfRevision(revision), { kind: 'text', content: appSpec })
  const keys = await aws(
    'deploy list-application-revisions --application-name app --s-3-bucket revisions --query revisions[].s3Location.key ' +
      '--output text',
  )
  assert.equal(keys.trim(), 'app.zip')
})
