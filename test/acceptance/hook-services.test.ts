import assert from 'node:assert/strict'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { acceptanceHook } from '../../src/acceptance/index.ts'
import { awsHookServices } from '../../src/acceptance/hook-services.ts'
import { answerWith, startSite } from './a-site.ts'

const event = { DeploymentId: 'd-1', LifecycleEventHookExecutionId: 'execution-1' }
const context = { getRemainingTimeInMillis: () => 60_000 }

test('where only the answer to the verdict was lost, CodeDeploy was told, and the hook has done its work', async (t) => {
  const told = await codeDeploy(t, { loses: 1, later: 'LifecycleEventAlreadyCompletedException' })
  assert.deepEqual(await (await hookOfGoodGreen(t))(event, context), { hookStatus: 'SUCCEEDED' })
  const verdict = { deploymentId: 'd-1', lifecycleEventHookExecutionId: 'execution-1', status: 'Succeeded' }
  assert.deepEqual(told, [verdict, verdict])
})

test('where CodeDeploy takes the verdict and never answers, it is told again', async (t) => {
  const told = await codeDeploy(t, { loses: 1, loss: 'hangs', later: 'LifecycleEventAlreadyCompletedException' })
  assert.deepEqual(await (await hookOfGoodGreen(t))(event, context), { hookStatus: 'SUCCEEDED' })
  assert.equal(told.length, 2)
})

test('a verdict that CodeDeploy does not take is the error of the function', async (t) => {
  const told = await codeDeploy(t, { loses: 0, later: 'DeploymentDoesNotExistException' })
  const hook = await hookOfGoodGreen(t)
  await assert.rejects(hook(event, context), { name: 'DeploymentDoesNotExistException' })
  assert.equal(told.length, 1)
})

test('a CodeDeploy whose answers are always lost is told again, a few times, and then it is the error of the function', async (t) => {
  const told = await codeDeploy(t, { loses: Infinity, later: 'Never' })
  const hook = await hookOfGoodGreen(t)
  await assert.rejects(hook(event, context), /socket hang up|ECONNRESET/)
  assert.equal(told.length, 5)
})

async function hookOfGoodGreen(t: TestContext) {
  const green = await startSite(t, (_, response) => answerWith(response, 200))
  const variables = { BUCKET: 'lists', FILEPATH: 'urls.csv', ENDPOINT: green.url.replace('http://', '') }
  const services = { ...awsHookServices, readObject: async () => '/\n' }
  return acceptanceHook({ variables, services, log: () => {} })
}

/** A server in CodeDeploy's place, which drops the first answers, and refuses with this error later. Resolves with what it was told. */
async function codeDeploy(
  t: TestContext,
  {
    loses,
    loss = 'drops',
    later,
  }: { readonly loses: number; readonly loss?: 'drops' | 'hangs'; readonly later: string },
): Promise<readonly unknown[]> {
  const told: unknown[] = []
  const { url } = await startSite(t, (request, response) => {
    void text(request).then((body) => {
      told.push(JSON.parse(body))
      if (told.length <= loses) return loss === 'drops' ? void request.socket.destroy() : undefined
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
      return void response.end(JSON.stringify({ __type: later, message: 'As it was asked for.' }))
    })
  })
  const variables = {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'teal',
    AWS_SECRET_ACCESS_KEY: 'teal',
  }
  for (const [name, value] of Object.entries(variables)) {
    const before = process.env[name]
    process.env[name] = value
    t.after(() => {
      if (before === undefined) delete process.env[name]
      else process.env[name] = before
    })
  }
  return told
}
