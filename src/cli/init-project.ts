export type ProjectFile = {
  /** Relative to the project. */
  readonly name: string
  readonly text: string
  /** A few words for people. */
  readonly about: string
  readonly isProgram?: boolean
}

export type Project = { readonly name: string; readonly port: number; readonly testPort: number }

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

function setupText({ name, port, testPort }: Project): string {
  return `#!/bin/bash
# Sets up everything ${name} needs, with its first version: ./setup.sh ${name}:1
# On Teal, which records networks and roles and does not enforce them, nothing more is needed. On AWS set VPC, SUBNETS and
# SECURITY_GROUPS (ids; several separated by blanks), EXECUTION_ROLE, CODEDEPLOY_ROLE and HOOK_ROLE (ARNs), and push the image.
# TEAL says how Teal is called, where that is not \`teal\`.
set -euo pipefail
cd "$(dirname "$0")"
IMAGE=\${1:?Which image? ./setup.sh ${name}:1}
VPC=\${VPC:-vpc-1} SUBNETS=\${SUBNETS:-subnet-1 subnet-2} SECURITY_GROUPS=\${SECURITY_GROUPS:-sg-1}
CODEDEPLOY_ROLE=\${CODEDEPLOY_ROLE:-arn:aws:iam::000000000000:role/CodeDeploy}
HOOK_ROLE=\${HOOK_ROLE:-arn:aws:iam::000000000000:role/hook}
PRODUCTION_PORT=\${PRODUCTION_PORT:-${port}} TEST_PORT=\${TEST_PORT:-${testPort}}
export AWS_PAGER=''
if ! \${TEAL:-teal} --version >/dev/null; then
  echo "Nothing was set up: there is no \${TEAL:-teal}. Put the directory that has it into PATH, or say in TEAL how it is called." >&2
  exit 1
fi

MADE=$(aws elbv2 create-load-balancer --name ${name} --type application --subnets $SUBNETS \\
  --security-groups $SECURITY_GROUPS --query 'LoadBalancers[0].[LoadBalancerArn,DNSName]' --output text)
read -r LOAD_BALANCER HOST <<<"$MADE"

target_group() {
  aws elbv2 create-target-group --name "$1" --protocol HTTP --port 8080 --target-type ip --vpc-id "$VPC" \\
    --health-check-path /health --health-check-interval-seconds 5 --health-check-timeout-seconds 2 \\
    --healthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn' --output text
}
BLUE=$(target_group ${name}-blue)
GREEN=$(target_group ${name}-green)
for GROUP in "$BLUE" "$GREEN"; do
  aws elbv2 modify-target-group-attributes --target-group-arn "$GROUP" --output text \\
    --attributes Key=deregistration_delay.timeout_seconds,Value=10 >/dev/null &
done

listener() {
  aws elbv2 create-listener --load-balancer-arn "$LOAD_BALANCER" --protocol HTTP --port "$1" \\
    --default-actions "Type=forward,TargetGroupArn=$BLUE" --query 'Listeners[0].ListenerArn' --output text
}
PRODUCTION_LISTENER=$(listener "$PRODUCTION_PORT")
TEST_LISTENER=$(listener "$TEST_PORT")

filled_in() {
  sed -e "s|<IMAGE1_NAME>|$IMAGE|" -e "s|<CODEDEPLOY_ROLE>|$CODEDEPLOY_ROLE|" \\
    -e "s|arn:aws:iam::000000000000:role/ecsTaskExecutionRole|\${EXECUTION_ROLE:-&}|" \\
    -e "s|<PRODUCTION_LISTENER>|$PRODUCTION_LISTENER|" -e "s|<TEST_LISTENER>|$TEST_LISTENER|" "$1"
}
TASK_DEFINITION=$(aws ecs register-task-definition --cli-input-json "$(filled_in taskdef.json)" \\
  --query taskDefinition.taskDefinitionArn --output text)
aws ecs create-cluster --cluster-name ${name} --query cluster.clusterArn --output text
aws ecs create-service --cluster ${name} --service-name ${name} --task-definition "$TASK_DEFINITION" --desired-count 2 \\
  --launch-type FARGATE --deployment-controller type=CODE_DEPLOY \\
  --load-balancers "targetGroupArn=$BLUE,containerName=web,containerPort=8080" \\
  --network-configuration "awsvpcConfiguration={subnets=[\${SUBNETS// /,}],securityGroups=[\${SECURITY_GROUPS// /,}],assignPublicIp=ENABLED}" \\
  --query service.serviceArn --output text
\${TEAL:-teal} hook add CodeDeployHook_${name} hooks/check-green --env "TEST_URL=http://$HOST:$TEST_PORT" --role "$HOOK_ROLE"
aws deploy create-application --application-name ${name} --compute-platform ECS --query applicationId --output text
aws deploy create-deployment-group --cli-input-json "$(filled_in deployment-group.json)" \\
  --query deploymentGroupId --output text

echo "Waiting for $IMAGE behind http://$HOST:$PRODUCTION_PORT/"
for _ in $(seq 180); do
  curl --silent --fail --max-time 5 "http://$HOST:$PRODUCTION_PORT/" && exit 0
  sleep 1
done
echo "It does not answer after three minutes: aws elbv2 describe-target-health --target-group-arn $BLUE" >&2
exit 1
`
}

function deployText(name: string): string {
  return `#!/bin/bash
# Deploys an image blue/green, and waits for the end: ./deploy.sh ${name}:2
set -euo pipefail
cd "$(dirname "$0")"
IMAGE=\${1:?Which image? ./deploy.sh ${name}:2}
TASK_DEFINITION=$(mktemp)
trap 'rm -f "$TASK_DEFINITION"' EXIT
sed -e "s|<IMAGE1_NAME>|$IMAGE|" \\
  -e "s|arn:aws:iam::000000000000:role/ecsTaskExecutionRole|\${EXECUTION_ROLE:-&}|" taskdef.json >"$TASK_DEFINITION"
aws ecs deploy --cluster ${name} --service ${name} --task-definition "$TASK_DEFINITION" --codedeploy-appspec appspec.yaml \\
  --codedeploy-application ${name} --codedeploy-deployment-group ${name}
`
}
