export type Project = { readonly name: string; readonly port: number; readonly testPort: number }

/** Every part makes what is not there yet. */
export function setupText(project: Project): string {
  const { name } = project
  return `${beginning(project)}
${loadBalancing(name)}
${service(name)}${codeDeploy(name)}
${answer(name)}`
}

export function deployText(name: string): string {
  return `#!/bin/sh
# Deploys an image blue/green, and waits for the end: ./deploy.sh ${name}:2
set -eu
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

function beginning({ name, port, testPort }: Project): string {
  return `#!/bin/sh
# Sets up everything ${name} needs, with its first version: ./setup.sh ${name}:1
# What is there already stays as it is: it may be run again, also where it has stopped halfway.
# On Teal, which records networks and roles and does not enforce them, nothing more is needed. On AWS set VPC, SUBNETS and
# SECURITY_GROUPS (ids; several separated by blanks), EXECUTION_ROLE, CODEDEPLOY_ROLE and HOOK_ROLE (ARNs), and push the image.
# TEAL says how Teal is called, where that is not \`teal\`.
set -eu
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
`
}

function loadBalancing(name: string): string {
  return `LOAD_BALANCER=$(aws elbv2 describe-load-balancers \\
  --query "LoadBalancers[?LoadBalancerName=='${name}'].LoadBalancerArn" --output text)
[ -n "$LOAD_BALANCER" ] || LOAD_BALANCER=$(aws elbv2 create-load-balancer --name ${name} --type application \\
  --subnets $SUBNETS --security-groups $SECURITY_GROUPS --query 'LoadBalancers[0].LoadBalancerArn' --output text)
HOST=$(aws elbv2 describe-load-balancers --load-balancer-arns "$LOAD_BALANCER" \\
  --query 'LoadBalancers[0].DNSName' --output text)

target_group() {
  GROUP=$(aws elbv2 describe-target-groups --query "TargetGroups[?TargetGroupName=='$1'].TargetGroupArn" --output text)
  if [ -z "$GROUP" ]; then
    GROUP=$(aws elbv2 create-target-group --name "$1" --protocol HTTP --port 8080 --target-type ip --vpc-id "$VPC" \\
      --health-check-path /health --health-check-interval-seconds 5 --health-check-timeout-seconds 2 \\
      --healthy-threshold-count 2 --query 'TargetGroups[0].TargetGroupArn' --output text)
    aws elbv2 modify-target-group-attributes --target-group-arn "$GROUP" --output text \\
      --attributes Key=deregistration_delay.timeout_seconds,Value=10 >/dev/null
  fi
  echo "$GROUP"
}
BLUE=$(target_group ${name}-blue)
GREEN=$(target_group ${name}-green)

listener() {
  LISTENER=$(aws elbv2 describe-listeners --load-balancer-arn "$LOAD_BALANCER" \\
    --query "Listeners[?Port==\\\`$1\\\`].ListenerArn" --output text)
  [ -n "$LISTENER" ] || LISTENER=$(aws elbv2 create-listener --load-balancer-arn "$LOAD_BALANCER" --protocol HTTP \\
    --port "$1" --default-actions "Type=forward,TargetGroupArn=$BLUE" --query 'Listeners[0].ListenerArn' --output text)
  echo "$LISTENER"
}
PRODUCTION_LISTENER=$(listener "$PRODUCTION_PORT")
TEST_LISTENER=$(listener "$TEST_PORT")
`
}

function service(name: string): string {
  return `filled_in() {
  sed -e "s|<IMAGE1_NAME>|$IMAGE|" -e "s|<CODEDEPLOY_ROLE>|$CODEDEPLOY_ROLE|" \\
    -e "s|arn:aws:iam::000000000000:role/ecsTaskExecutionRole|\${EXECUTION_ROLE:-&}|" \\
    -e "s|<PRODUCTION_LISTENER>|$PRODUCTION_LISTENER|" -e "s|<TEST_LISTENER>|$TEST_LISTENER|" "$1"
}
with_commas() { echo "$1" | tr -s ' ' ','; }
aws ecs create-cluster --cluster-name ${name} --query cluster.clusterArn --output text
SERVICE=$(aws ecs describe-services --cluster ${name} --services ${name} \\
  --query "services[?status=='ACTIVE'].serviceArn" --output text)
if [ -n "$SERVICE" ]; then
  echo "The service ${name} is there already, and goes on with its image: ./deploy.sh deploys another one."
else
  TASK_DEFINITION=$(aws ecs register-task-definition --cli-input-json "$(filled_in taskdef.json)" \\
    --query taskDefinition.taskDefinitionArn --output text)
  NETWORK="subnets=[$(with_commas "$SUBNETS")],securityGroups=[$(with_commas "$SECURITY_GROUPS")],assignPublicIp=ENABLED"
  aws ecs create-service --cluster ${name} --service-name ${name} --task-definition "$TASK_DEFINITION" --desired-count 2 \\
    --launch-type FARGATE --deployment-controller type=CODE_DEPLOY \\
    --load-balancers "targetGroupArn=$BLUE,containerName=web,containerPort=8080" \\
    --network-configuration "awsvpcConfiguration={$NETWORK}" --query service.serviceArn --output text
fi
`
}

function codeDeploy(name: string): string {
  return `\${TEAL:-teal} hook add CodeDeployHook_${name} hooks/check-green --env "TEST_URL=http://$HOST:$TEST_PORT" --role "$HOOK_ROLE"
APPLICATION=$(aws deploy list-applications --query "applications[?@=='${name}']" --output text)
[ -n "$APPLICATION" ] ||
  aws deploy create-application --application-name ${name} --compute-platform ECS --query applicationId --output text
DEPLOYMENT_GROUP=$(aws deploy list-deployment-groups --application-name ${name} \\
  --query "deploymentGroups[?@=='${name}']" --output text)
if [ -n "$DEPLOYMENT_GROUP" ]; then
  echo "The deployment group ${name} is there already, and stays as it is."
else
  aws deploy create-deployment-group --cli-input-json "$(filled_in deployment-group.json)" \\
    --query deploymentGroupId --output text
fi
`
}

function answer(name: string): string {
  return `echo "Waiting for an answer of http://$HOST:$PRODUCTION_PORT/"
for _ in $(seq 180); do
  curl --silent --fail --max-time 5 "http://$HOST:$PRODUCTION_PORT/" && exit 0
  sleep 1
done
echo "It does not answer after three minutes. ECS says of the service:" >&2
aws ecs describe-services --cluster ${name} --services ${name} --query 'services[0].events[:3].[message]' --output text >&2
exit 1
`
}
