import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { waitUntilDeploymentSuccessful } from '@aws-sdk/client-codedeploy'
import { appSpecOfRevision } from '../../../src/domain/code-deploy.ts'
import { appSpec, createDeployment, createGroup, groupInput, openWorld } from './api-world.ts'

/** The unmodified clients of others, where the machine has them. */
const present = (command: string, ...probe: string[]) => spawnSync(command, probe).status === 0
const cli = present('aws', '--version') ? false : 'the aws command is not installed on this machine'
const boto3 = present('python3', '-c', 'import boto3') ? false : 'boto3 is not installed on this machine'

const run = promisify(execFile)

const environment = (url: string) => ({
  PATH: process.env['PATH'],
  HOME: process.env['HOME'],
  AWS_ENDPOINT_URL: url,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_REGION: 'us-east-1',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_PAGER: '',
})

type Output = { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs a client against the endpoint; it must not block the endpoint, which lives in this process. */
async function client(url: string, command: string, ...parameters: string[]): Promise<Output> {
  try {
    const { stdout, stderr } = await run(command, parameters, { env: environment(url), timeout: 60_000 })
    return { code: 0, stdout, stderr }
  } catch (error) {
    const failed = error as { code: number; stdout: string; stderr: string }
    return { code: failed.code, stdout: failed.stdout, stderr: failed.stderr }
  }
}

test("the SDK's waiter sees a deployment succeed, and fail", async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const waiter = { client: world.client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }
  const deploymentId = await createDeployment(world)
  const waiting = waitUntilDeploymentSuccessful(waiter, { deploymentId })
  world.deployments.become(deploymentId, { status: 'Succeeded', startTime: 1, completeTime: 2 })
  assert.equal((await waiting).state, 'SUCCESS')
  const failing = await createDeployment(world)
  world.deployments.become(failing, { status: 'Failed', startTime: 1, completeTime: 2 })
  await assert.rejects(waitUntilDeploymentSuccessful(waiter, { deploymentId: failing }), /"state":"FAILURE"/)
})

test('the aws command deploys, looks and waits', { skip: cli }, async (t) => {
  const { url, deployments, store } = await openWorld(t)
  const deploy = async (...parameters: string[]) => client(url, 'aws', 'deploy', ...parameters)
  const names = ['--application-name', 'app', '--deployment-group-name', 'group']
  await deploy('create-application', '--application-name', 'app', '--compute-platform', 'ECS')
  const created = await deploy('create-deployment-group', '--cli-input-json', JSON.stringify(groupInput))
  assert.equal(created.code, 0, created.stderr)
  const revision = JSON.stringify({ revisionType: 'AppSpecContent', appSpecContent: { content: appSpec } })
  const begun = await deploy(
    'create-deployment',
    ...names,
    '--revision',
    revision,
    '--query',
    'deploymentId',
    '--output',
    'text',
  )
  const deploymentId = begun.stdout.trim()
  const kept = store.deployments.get(deploymentId)?.revision
  assert.deepEqual(kept && appSpecOfRevision(kept), { kind: 'text', content: appSpec }, begun.stderr)
  deployments.become(deploymentId, { status: 'Succeeded', startTime: 1, completeTime: 2 })
  const waited = await deploy('wait', 'deployment-successful', '--deployment-id', deploymentId)
  assert.deepEqual([waited.code, waited.stderr], [0, ''])
  const target = await deploy('get-deployment-target', '--deployment-id', deploymentId, '--target-id', 'prod:web')
  assert.equal(JSON.parse(target.stdout).deploymentTarget.ecsTarget.lifecycleEvents.length, 8)
  deployments.become(deploymentId, { status: 'Failed' })
  const failed = await deploy('wait', 'deployment-successful', '--deployment-id', deploymentId)
  assert.equal(failed.code, 255)
  assert.match(failed.stderr, /Waiter DeploymentSuccessful failed/)
})

test('the aws command is told what is wrong', { skip: cli }, async (t) => {
  const { url } = await openWorld(t)
  const refused = await client(url, 'aws', 'deploy', 'create-application', '--application-name', 'app')
  assert.notEqual(refused.code, 0)
  assert.match(
    refused.stderr,
    /\(InvalidComputePlatformException\) when calling the CreateApplication operation: .*Pass computePlatform ECS/,
  )
})

const python = `
import boto3, json, sys
c = boto3.client('codedeploy')
group = json.loads(sys.argv[1])
c.create_application(applicationName='app', computePlatform='ECS', tags=[{'Key': 'a', 'Value': 'b'}])
c.create_deployment_group(**group)
content = {'content': sys.argv[2]}
d = c.create_deployment(applicationName='app', deploymentGroupName='group',
    revision={'revisionType': 'AppSpecContent', 'appSpecContent': content})['deploymentId']
info = c.get_deployment(deploymentId=d)['deploymentInfo']
assert info['createTime'].year == 2023, info
assert info['revision']['appSpecContent'].keys() == {'sha256'}, info
assert list(c.get_paginator('list_deployments').paginate(
    applicationName='app', deploymentGroupName='group'))[0]['deployments'] == [d]
assert c.get_application_revision(applicationName='app', revision=info['revision'])['revision']['appSpecContent']['content'] == sys.argv[2]
assert c.stop_deployment(deploymentId=d, autoRollbackEnabled=True)['status'] == 'Pending'
try:
    c.get_deployment_target(deploymentId=d, targetId='prod:web')
    sys.exit('the deployment has not started')
except c.exceptions.DeploymentNotStartedException as error:
    print(error.response['Error']['Message'])
`

test('boto3 deploys, reads and stops', { skip: boto3 }, async (t) => {
  const { url } = await openWorld(t)
  const { code, stdout, stderr } = await client(url, 'python3', '-c', python, JSON.stringify(groupInput), appSpec)
  assert.equal(code, 0, stderr)
  assert.match(stdout, /has not started yet/)
})

test('an operation that is not for ECS is said not to be implemented', async (t) => {
  const { url } = await openWorld(t)
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'CodeDeploy_20141006.ListOnPremisesInstances',
    },
    body: '{}',
  })
  assert.equal(response.status >= 400, true)
  assert.match(await response.text(), /ListOnPremisesInstances/)
})
