import { randomUUID } from 'node:crypto'
import type { CodeDeployClient, CodeDeployClientConfig, RevisionLocation } from '@aws-sdk/client-codedeploy'
import { registeredAppSpec } from './app-spec-text.ts'
import type { ActionKind, ActionOutcome } from './views.ts'

/** Where actions are asked for, as by any other AWS client. */
export type ActionClients = {
  /** For the clients of the official SDK; the region is the deployment's. */
  readonly configuration: (region: string) => CodeDeployClientConfig
}

export type ActionRequest = {
  readonly kind: ActionKind
  /** CodeDeploy's id, or the ARN of a service deployment. */
  readonly deploymentId: string
  readonly region: string
  readonly subject: string | undefined
}

/** Rejects with the error of the API, which says what is wrong. */
export async function act({ configuration }: ActionClients, request: ActionRequest): Promise<ActionOutcome> {
  if (request.kind === 'runHook') return runHook(configuration(request.region), request.subject ?? '')
  const isService = request.deploymentId.startsWith('arn:')
  return isService
    ? serviceAction(configuration(request.region), request)
    : codeDeployAction(configuration(request.region), request)
}

async function codeDeployAction(
  configuration: CodeDeployClientConfig,
  { kind, deploymentId }: ActionRequest,
): Promise<ActionOutcome> {
  const sdk = await import('@aws-sdk/client-codedeploy')
  const client = new sdk.CodeDeployClient(configuration)
  switch (kind) {
    case 'continue':
      await client.send(new sdk.ContinueDeploymentCommand({ deploymentId, deploymentWaitType: 'READY_WAIT' }))
      return { message: 'It goes on: production traffic is shifted now.' }
    case 'endTerminationWait':
      await client.send(new sdk.ContinueDeploymentCommand({ deploymentId, deploymentWaitType: 'TERMINATION_WAIT' }))
      return { message: 'The wait is over: blue is drained and stopped now.' }
    case 'stop':
    case 'stopAndRollBack': {
      const autoRollbackEnabled = kind === 'stopAndRollBack'
      const answer = await client.send(new sdk.StopDeploymentCommand({ deploymentId, autoRollbackEnabled }))
      return { message: answer.statusMessage ?? 'It is being stopped.' }
    }
    case 'rollBackTo':
      return againOf(sdk, client, deploymentId)
    case 'runHook':
    case 'pauseContinue':
    case 'pauseRollBack':
      throw new Error(`A deployment of CodeDeploy has no ${kind}.`)
  }
}

async function againOf(
  sdk: typeof import('@aws-sdk/client-codedeploy'),
  client: InstanceType<typeof sdk.CodeDeployClient>,
  deploymentId: string,
): Promise<ActionOutcome> {
  const { deploymentInfo } = await client.send(new sdk.GetDeploymentCommand({ deploymentId }))
  const { applicationName, deploymentGroupName, revision: answered } = deploymentInfo ?? {}
  const revision = answered && (await wholeRevision(client, applicationName, answered))
  const created = await client.send(
    new sdk.CreateDeploymentCommand({
      applicationName,
      deploymentGroupName,
      revision,
      description: `Back to the revision of ${deploymentId}`,
    }),
  )
  const id = created.deploymentId ?? ''
  return { message: `Deployment ${id} brings that revision back.`, deploymentId: id }
}

/** With the text of its AppSpec, where that can be had: its digest alone says nothing to a service that has forgotten it. */
async function wholeRevision(
  client: CodeDeployClient,
  applicationName: string | undefined,
  revision: RevisionLocation,
): Promise<RevisionLocation> {
  if (revision.s3Location !== undefined) return revision
  const content = await registeredAppSpec(client, applicationName, revision)
  if (content === undefined) throw new Error('The AppSpec of that revision is not answered any more.')
  return { revisionType: 'AppSpecContent', appSpecContent: { content } }
}

async function serviceAction(
  configuration: CodeDeployClientConfig,
  { kind, deploymentId: serviceDeploymentArn, subject: hookId }: ActionRequest,
): Promise<ActionOutcome> {
  const sdk = await import('@aws-sdk/client-ecs')
  const client = new sdk.ECSClient(configuration)
  switch (kind) {
    case 'stop':
    case 'stopAndRollBack': {
      const stopType = kind === 'stop' ? 'ABORT' : 'ROLLBACK'
      await client.send(new sdk.StopServiceDeploymentCommand({ serviceDeploymentArn, stopType }))
      return { message: kind === 'stop' ? 'It is being stopped.' : 'It is going back.' }
    }
    case 'pauseContinue':
    case 'pauseRollBack': {
      const action = kind === 'pauseContinue' ? 'CONTINUE' : 'ROLLBACK'
      await client.send(new sdk.ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId, action }))
      return { message: action === 'CONTINUE' ? 'The deployment goes on.' : 'It is going back.' }
    }
    case 'rollBackTo':
      return serviceAgain(sdk, client, serviceDeploymentArn)
    case 'continue':
    case 'endTerminationWait':
    case 'runHook':
      throw new Error(`A deployment of ECS has no ${kind}.`)
  }
}

/** The service as it is configured now, with the task definition that this deployment brought. */
async function serviceAgain(
  sdk: typeof import('@aws-sdk/client-ecs'),
  client: InstanceType<typeof sdk.ECSClient>,
  serviceDeploymentArn: string,
): Promise<ActionOutcome> {
  const found = await client.send(
    new sdk.DescribeServiceDeploymentsCommand({ serviceDeploymentArns: [serviceDeploymentArn] }),
  )
  const { clusterArn, serviceArn, targetServiceRevision } = found.serviceDeployments?.[0] ?? {}
  const serviceRevisionArns = [targetServiceRevision?.arn ?? '']
  const revisions = await client.send(new sdk.DescribeServiceRevisionsCommand({ serviceRevisionArns }))
  const taskDefinition = revisions.serviceRevisions?.[0]?.taskDefinition
  if (taskDefinition === undefined) throw new Error('ECS does not know any more which task definition it brought.')
  const { service } = await client.send(
    new sdk.UpdateServiceCommand({
      cluster: clusterArn,
      service: serviceArn,
      taskDefinition,
      forceNewDeployment: true,
    }),
  )
  const id = service?.currentServiceDeployment?.split('/').at(-1)
  const message = `${taskDefinition.split('/').at(-1)} is deployed again.`
  return { message, ...(id === undefined ? {} : { deploymentId: id }) }
}

/** The ids name no deployment: its report of a verdict is refused, and that is the sign that it has reported. */
async function runHook(configuration: CodeDeployClientConfig, functionName: string): Promise<ActionOutcome> {
  const sdk = await import('@aws-sdk/client-lambda')
  const client = new sdk.LambdaClient(configuration)
  const payload = JSON.stringify({ DeploymentId: 'd-000000000', LifecycleEventHookExecutionId: randomUUID() })
  const answer = await client.send(
    new sdk.InvokeCommand({ FunctionName: functionName, LogType: 'Tail', Payload: Buffer.from(payload) }),
  )
  const result = Buffer.from(answer.Payload ?? '').toString()
  const log = Buffer.from(answer.LogResult ?? '', 'base64').toString()
  const hasReported =
    result.includes('DeploymentDoesNotExistException') || log.includes('DeploymentDoesNotExistException')
  const head = hasReported
    ? 'It ran and reported a verdict, to a deployment that does not exist.'
    : answer.FunctionError === undefined
      ? 'It ran and returned.'
      : `It failed: ${result}`
  return { message: `${head}\n${log}`.trimEnd() }
}
