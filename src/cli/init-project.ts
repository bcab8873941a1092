import { deployText, setupText, type Project } from './init-scripts.ts'

export type ProjectFile = {
  /** Relative to the project. */
  readonly name: string
  readonly text: string
  /** A few words for people. */
  readonly about: string
  readonly isProgram?: boolean
}

/** A small project that is deployed blue/green, with everything it needs on Teal and on AWS. */
export function projectFiles(project: Project): readonly ProjectFile[] {
  const { name } = project
  return [
    { name: 'server.mjs', text: serverText, about: 'the application' },
    { name: 'version.txt', text: '1\n', about: 'its version' },
    { name: 'Dockerfile', text: dockerfileText, about: 'how its image is made' },
    { name: '.dockerignore', text: '.git\n.teal\nhooks\n*.json\n*.sh\n*.yaml\n', about: 'what is not in the image' },
    { name: 'taskdef.json', text: json(taskDefinition(name)), about: 'the task definition' },
    { name: 'appspec.yaml', text: appSpecText(name), about: 'the AppSpec' },
    { name: 'deployment-group.json', text: json(deploymentGroup(name)), about: 'the deployment group' },
    { name: 'hooks/check-green/index.mjs', text: hookText, about: 'a hook: asks green first' },
    { name: 'setup.sh', text: setupText(project), about: 'sets everything up', isProgram: true },
    { name: 'deploy.sh', text: deployText(name), about: 'deploys an image', isProgram: true },
  ]
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`
}

const serverText = `// Answers every page with its version, and finishes what it has begun when it is told to end.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const version = readFileSync(new URL('version.txt', import.meta.url), 'utf8').trim()

const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/plain')
  response.end(request.url === '/health' ? 'ok\\n' : \`Hello from version \${version}\\n\`)
})
server.listen(Number(process.env.PORT ?? 8080))
process.once('SIGTERM', () => server.close())
`

const dockerfileText = `FROM node:24-slim
WORKDIR /app
COPY server.mjs version.txt ./
EXPOSE 8080
USER node
CMD ["node", "server.mjs"]
`

/** `<IMAGE1_NAME>` as CodePipeline fills it in; the scripts fill in the roles' account on AWS. */
function taskDefinition(name: string): object {
  return {
    family: name,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::000000000000:role/ecsTaskExecutionRole',
    containerDefinitions: [
      {
        name: 'web',
        image: '<IMAGE1_NAME>',
        essential: true,
        portMappings: [{ containerPort: 8080, protocol: 'tcp' }],
        stopTimeout: 30,
      },
    ],
  }
}

function appSpecText(name: string): string {
  return `version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo:
          ContainerName: web
          ContainerPort: 8080
Hooks:
  - AfterAllowTestTraffic: CodeDeployHook_${name}
`
}

/** The input of CreateDeploymentGroup; setup.sh fills in the listeners and the role. */
function deploymentGroup(name: string): object {
  return {
    applicationName: name,
    deploymentGroupName: name,
    serviceRoleArn: '<CODEDEPLOY_ROLE>',
    deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent5Minutes',
    deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
    ecsServices: [{ clusterName: name, serviceName: name }],
    loadBalancerInfo: {
      targetGroupPairInfoList: [
        {
          targetGroups: [{ name: `${name}-blue` }, { name: `${name}-green` }],
          prodTrafficRoute: { listenerArns: ['<PRODUCTION_LISTENER>'] },
          testTrafficRoute: { listenerArns: ['<TEST_LISTENER>'] },
        },
      ],
    },
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 },
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 5 },
    },
    autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST'] },
  }
}

const hookText = `// Asks green for its page through the test listener; what is not answered with 200 gets no production traffic.
import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy'

const codeDeploy = new CodeDeployClient({})

export async function handler({ DeploymentId, LifecycleEventHookExecutionId }) {
  const status = (await isAnswered(\`\${process.env.TEST_URL}/\`)) ? 'Succeeded' : 'Failed'
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
    console.log(\`GET \${url}: \${answer.status} \${(await answer.text()).trim()}\`)
    return answer.status === 200
  } catch (error) {
    console.log(\`GET \${url}: \${error.cause?.message ?? error.message}\`)
    return false
  }
}
`
