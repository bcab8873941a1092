import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { acceptanceHook } from '../../src/acceptance/index.ts'
import { awsHookServices } from '../../src/acceptance/hook-services.ts'
import { codeDeployThatLoses } from './a-code-deploy.ts'
import { answerWith, startSite } from './a-site.ts'

const event = { DeploymentId: 'd-1', LifecycleEventHookExecutionId: 'execution-1' }
const context = { getRemainingTimeInMillis: () => 60_000 }

test('where only the answer to the verdict was lost, CodeDeploy was told, and the hook has done its work', async (t) => {
  const told = await codeDeployHere(t, { answers: 1, later: 'LifecycleEventAlreadyCompletedException' })
  assert.deepEqual(await (await hookOfGoodGreen(t))(event, context), { hookStatus: 'SUCCEEDED' })
  const verdict = { deploymentId: 'd-1', lifecycleEventHookExecutionId: 'execution-1', status: 'Succeeded' }
  assert.deepEqual(told, [verdict, verdict])
})

test('where CodeDeploy takes the verdict and never answers, it is told again', async (t) => {
  const told = await codeDeployHere(t, { answers: 1, how: 'hangs', later: 'LifecycleEventAlreadyCompletedException' })
  assert.deepEqual(await (await hookOfGoodGreen(t))(event, context), { hookStatus: 'SUCCEEDED' })
  assert.equal(told.length, 2)
})

test('a verdict that CodeDeploy does not take is the error of the function', async (t) => {
  const told = await codeDeployHere(t, { answers: 0, later: 'DeploymentDoesNotExistException' })
  const hook = await hookOfGoodGreen(t)
  await assert.rejects(hook(event, context), { name: 'DeploymentDoesNotExistException' })
  assert.equal(told.length, 1)
})

test('a CodeDeploy whose answers are always lost is told again, a few times, and then it is the error of the function', async (t) => {
  const told = await codeDeployHere(t, { answers: Infinity, later: 'Never' })
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

/** A CodeDeploy in whose place the SDK's clients of this process look. Resolves with what it was told. */
async function codeDeployHere(
  t: TestContext,
  of: Parameters<typeof codeDeployThatLoses>[1],
): Promise<readonly unknown[]> {
  const { variables, told } = await codeDeployThatLoses(t, of)
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
