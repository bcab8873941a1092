import { dirname } from 'node:path'
import { name } from './surroundings.ts'
import type { LoadBalancing } from './surroundings.ts'

/** How to look at what was left running, and how to end it. */
export function hintsForKeeping({
  url,
  loadBalancing,
  deploymentId,
  dataDirectory,
}: {
  readonly url: string
  readonly loadBalancing: LoadBalancing
  readonly deploymentId: string
  readonly dataDirectory: string
}): string {
  const { productionUrl, testUrl, greenArn } = loadBalancing
  return `Left running
  production     ${productionUrl}
  test           ${testUrl}
  AWS endpoint   ${url}

To look at it
  export AWS_ENDPOINT_URL=${url}
  export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
  export AWS_ACCESS_KEY_ID=teal AWS_SECRET_ACCESS_KEY=teal
  aws deploy get-deployment --deployment-id ${deploymentId}
  aws deploy get-deployment-target --deployment-id ${deploymentId} \\
    --target-id ${name}:${name}
  aws ecs describe-services --cluster ${name} --services ${name}
  aws ecs list-tasks --cluster ${name}
  aws elbv2 describe-target-health --target-group-arn \\
    ${greenArn}

To end it
  npx teal down --data ${dataDirectory} && rm -r ${dirname(dataDirectory)}`
}
