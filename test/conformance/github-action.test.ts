import {
  CreateDeploymentCommand,
  GetDeploymentGroupCommand,
  waitUntilDeploymentSuccessful,
} from '@aws-sdk/client-codedeploy'
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
} from '@aws-sdk/client-ecs'
import type { RegisterTaskDefinitionCommandInput } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { name } from '../../demo/surroundings.ts'
import { everyStage } from '../survival/docker-stage.ts'
import { Theatre } from '../survival/theatre.ts'

/** What DescribeTaskDefinition answers and RegisterTaskDefinition does not take. */
const ignoredMembers = [
  'compatibilities',
  'taskDefinitionArn',
  'requiresAttributes',
  'revision',
  'status',
  'registeredAt',
  'deregisteredAt',
  'registeredBy',
]

for (const { where, stage, skip } of everyStage) {
  test(
    `the calls of the GitHub action, as it makes them, end with a deployment that succeeded: tasks ${where}`,
    { timeout: 100_000, skip },
    async (t) => {
      const theatre = await Theatre.open('300ms', stage)
      t.after(() => theatre.close())
      const { ecs, codeDeploy } = theatre.clients

      // The definition in the workflow is the one that `aws ecs describe-task-definition` wrote, with another image.
      const { taskDefinition: described } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }))
      const text = JSON.stringify(described).replace(/"image":"[^"]+"/, `"image":"${await theatre.secondImage()}"`)
      const { taskDefinition } = await ecs.send(new RegisterTaskDefinitionCommand(stripped(JSON.parse(text))))
      assert.equal(taskDefinition?.revision, 2)

      const { services, failures } = await ecs.send(new DescribeServicesCommand({ services: [name], cluster: name }))
      assert.deepEqual(failures, [])
      assert.equal(services?.[0]?.status, 'ACTIVE')
      assert.equal(services[0].deploymentController?.type, 'CODE_DEPLOY')

      const group = { applicationName: name, deploymentGroupName: name }
      const { deploymentGroupInfo } = await codeDeploy.send(new GetDeploymentGroupCommand(group))
      const options = deploymentGroupInfo?.blueGreenDeploymentConfiguration
      assert.equal(options?.deploymentReadyOption?.waitTimeInMinutes, 0)
      assert.equal(options.terminateBlueInstancesOnDeploymentSuccess?.terminationWaitTimeInMinutes, 1)

      const content = withTaskDefinition(taskDefinition.taskDefinitionArn)
      const sha256 = createHash('sha256').update(content).digest('hex')
      const { deploymentId } = await codeDeploy.send(
        new CreateDeploymentCommand({
          ...group,
          deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent5Minutes',
          description: 'd'.repeat(512),
          revision: { revisionType: 'AppSpecContent', appSpecContent: { content, sha256 } },
        }),
      )
      assert.match(deploymentId ?? '', /^d-[0-9A-Z]{9}$/)

      const { state, reason } = await waitUntilDeploymentSuccessful(
        { client: codeDeploy, maxWaitTime: 90, minDelay: 1, maxDelay: 1 },
        { deploymentId },
      )
      assert.equal(state, 'SUCCESS', JSON.stringify(reason))
      const answer = await fetch(theatre.loadBalancing?.productionUrl ?? '')
      assert.equal(answer.headers.get('x-hello-version'), '2')
    },
  )
}

function stripped(definition: Record<string, unknown>): RegisterTaskDefinitionCommandInput {
  const kept = Object.entries(withoutEmpty(definition) as Record<string, unknown>).filter(
    ([member]) => !ignoredMembers.includes(member),
  )
  return JSON.parse(JSON.stringify(Object.fromEntries(kept)))
}

/** The action takes away null, empty texts, empty lists and empty objects, at every depth. */
function withoutEmpty(value: unknown): unknown {
  if (value === null || value === '') return undefined
  if (Array.isArray(value)) {
    const items = value.map(withoutEmpty).filter((item) => item !== undefined)
    return items.length === 0 ? undefined : items
  }
  if (typeof value !== 'object') return value
  const members = Object.entries(value)
    .map(([member, inner]) => [member, withoutEmpty(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
  return members.length === 0 ? undefined : Object.fromEntries(members)
}

function withTaskDefinition(taskDefinitionArn: string | undefined): string {
  const appSpec = parse(readFileSync(new URL('../../examples/hello/appspec.yaml', import.meta.url), 'utf8')) as {
    Resources: { TargetService: { Properties: { TaskDefinition: unknown } } }[]
  }
  for (const { TargetService } of appSpec.Resources) TargetService.Properties.TaskDefinition = taskDefinitionArn
  return JSON.stringify(appSpec)
}
