// Asks green for its page through the test listener, and lets traffic through only where it is answered with 200.
import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy'

const codeDeploy = new CodeDeployClient({})

export async function handler({ DeploymentId, LifecycleEventHookExecutionId }) {
  const status = (await isAnswered(`${process.env.TEST_URL}/`)) ? 'Succeeded' : 'Failed'
  await codeDeploy.send(
    new PutLifecycleEventHookExecutionStatusCommand({
      deploymentId: DeploymentId,
      lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
      status,
    }),
  )
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
