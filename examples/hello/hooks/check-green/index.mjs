// Asks green for its page through the test listener, and lets traffic through only where it is answered with 200.
import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy'

// A call that nobody answers is given up soon, and tried again: the function's own time is short.
const requestHandler = { connectionTimeout: 2_000, requestTimeout: 3_000, throwOnRequestTimeout: true }
const codeDeploy = new CodeDeployClient({ maxAttempts: 5, requestHandler })

export async function handler({ DeploymentId, LifecycleEventHookExecutionId }) {
  const status = (await isAnswered(`${process.env.TEST_URL}/`)) ? 'Succeeded' : 'Failed'
  const verdict = { deploymentId: DeploymentId, lifecycleEventHookExecutionId: LifecycleEventHookExecutionId, status }
  try {
    await codeDeploy.send(new PutLifecycleEventHookExecutionStatusCommand(verdict))
  } catch (error) {
    // The call before this one arrived, and only its answer was lost.
    if (error.name !== 'LifecycleEventAlreadyCompletedException') throw error
  }
}

async function isAnswered(url) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    console.log(`GET ${url} was answered with ${answer.status}: ${(await answer.text()).trim().slice(0, 200)}`)
    return answer.status === 200
  } catch (error) {
    console.log(`GET ${url} was not answered: ${error.cause?.message ?? error.message}`)
    return false
  }
}
