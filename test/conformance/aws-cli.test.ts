import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { registerTaskDefinition } from '../../demo/surroundings.ts'
import { Theatre } from '../survival/theatre.ts'
import { command, missing } from './command.ts'

const example = new URL('../../examples/hello/', import.meta.url)
const waitFor = ['deploy', 'wait', 'deployment-successful', '--deployment-id']
const skip = await missing('aws', ['--version'])

/** The CLI's waiter looks every 15 seconds, so these wait side by side, each for its own engine. */
describe('the AWS CLI', { timeout: 120_000, concurrency: true }, () => {
  test('deploys with `aws ecs deploy`, from the two files to "Successfully deployed"', { skip }, async (t) => {
    const theatre = await open(t)
    const taskDefinition = join(theatre.data, 'taskdef.json')
    writeFileSync(taskDefinition, exampleFile('taskdef.json').replace('<IMAGE1_NAME>', 'hello:2'))
    const appSpec = join(theatre.data, 'appspec.yaml')
    writeFileSync(appSpec, exampleFile('appspec.yaml'))
    const files = ['--task-definition', taskDefinition, '--codedeploy-appspec', appSpec]
    const group = ['--codedeploy-application', 'hello', '--codedeploy-deployment-group', 'hello']
    const service = ['--cluster', 'hello', '--service', 'hello']
    const { exitCode, output, errors } = await command(theatre.url, 'aws', [
      'ecs',
      'deploy',
      ...service,
      ...files,
      ...group,
    ])
    assert.equal(errors, '')
    assert.equal(exitCode, 0)
    assert.match(
      output,
      /^Successfully registered new ECS task definition arn:aws:ecs:us-east-1:\d+:task-definition\/hello:2$/m,
    )
    assert.match(output, /^Successfully created deployment d-[0-9A-Z]{9}$/m)
    assert.match(output, /^Waiting for d-[0-9A-Z]{9} to succeed \(will wait up to 30 minutes\)\.\.\.$/m)
    assert.match(output, /^Successfully deployed arn:aws:ecs:.*task-definition\/hello:2 to service 'hello'$/m)
    assert.equal(await servedVersion(theatre), '2')
  })

  test('deploys with `aws deploy create-deployment`, and `aws deploy wait` ends', { skip }, async (t) => {
    const theatre = await open(t)
    const arn = await registerTaskDefinition(theatre.clients, 'hello:2')
    const deploymentId = await createDeployment(theatre, arn)
    const wait = await command(theatre.url, 'aws', [...waitFor, deploymentId])
    assert.deepEqual(wait, { exitCode: 0, output: '', errors: '' })
    assert.equal(await servedVersion(theatre), '2')
    const get = ['deploy', 'get-deployment', '--deployment-id', deploymentId, '--query', 'deploymentInfo.status']
    assert.equal((await command(theatre.url, 'aws', [...get, '--output', 'text'])).output, 'Succeeded\n')
  })

  test('is told with exit code 255 that a deployment has failed', { skip }, async (t) => {
    const theatre = await open(t)
    const arn = await registerTaskDefinition(theatre.clients, 'there-is-no-such-image:1')
    const deploymentId = await createDeployment(theatre, arn)
    const stop = await command(theatre.url, 'aws', ['deploy', 'stop-deployment', '--deployment-id', deploymentId])
    assert.equal(stop.exitCode, 0, stop.errors)
    await theatre.ended(deploymentId)
    const { exitCode, errors } = await command(theatre.url, 'aws', [...waitFor, deploymentId])
    assert.equal(exitCode, 255)
    assert.match(errors, /Waiter DeploymentSuccessful failed: Waiter encountered a terminal failure state/)
  })
})

async function open(t: TestContext): Promise<Theatre> {
  const theatre = await Theatre.open('300ms')
  t.after(() => theatre.close())
  return theatre
}

async function createDeployment(theatre: Theatre, taskDefinitionArn: string): Promise<string> {
  const content = exampleFile('appspec.yaml').replace('<TASK_DEFINITION>', taskDefinitionArn)
  const revision = JSON.stringify({ revisionType: 'AppSpecContent', appSpecContent: { content } })
  const create = ['deploy', 'create-deployment', '--application-name', 'hello', '--deployment-group-name', 'hello']
  const answer = ['--query', 'deploymentId', '--output', 'text']
  const { exitCode, output, errors } = await command(theatre.url, 'aws', [...create, '--revision', revision, ...answer])
  assert.equal(exitCode, 0, errors)
  return output.trim()
}

async function servedVersion({ loadBalancing }: Theatre): Promise<string | null> {
  const answer = await fetch(loadBalancing?.productionUrl ?? '')
  await answer.text()
  return answer.headers.get('x-hello-version')
}

function exampleFile(file: string): string {
  return readFileSync(new URL(file, example), 'utf8')
}
