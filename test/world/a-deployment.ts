import type { AlarmConfiguration, TrafficRouting } from '../../src/domain/code-deploy.ts'
import { pendingLifecycleEvents } from '../../src/domain/deployment-progress.ts'
import type { Deployment, HookableEventName } from '../../src/domain/deployment.ts'

type Wishes = {
  readonly deploymentId?: string
  readonly testListener?: boolean
  readonly trafficRouting?: TrafficRouting
  readonly readyWaitInMinutes?: number
  readonly terminationWaitInMinutes?: number
  readonly keepBlue?: boolean
  readonly rollbackOn?: Deployment['autoRollbackConfiguration']['events']
  readonly taskDefinition?: string
  readonly prodListenerArn?: string
  readonly testListenerArn?: string
  readonly createTime?: number
  /** Others of the AppSpec: `CapacityProviderStrategy` … */
  readonly properties?: Readonly<Record<string, unknown>>
  readonly hooks?: Partial<Record<HookableEventName, string>>
  readonly alarms?: AlarmConfiguration
}

/** A deployment as CreateDeployment makes it: of service `web` in cluster `prod`, with the pair `web-blue`, `web-green`. */
export function aDeployment(wishes: Wishes): Deployment {
  const { testListener = false, createTime = 0, taskDefinition = 'web:2' } = wishes
  const createdAt = { createTime, lastUpdatedAt: createTime }
  const content = JSON.stringify({
    version: '0.0',
    Resources: [
      {
        TargetService: {
          Type: 'AWS::ECS::Service',
          Properties: {
            TaskDefinition: taskDefinition,
            LoadBalancerInfo: { ContainerName: 'web', ContainerPort: 80 },
            ...wishes.properties,
          },
        },
      },
    ],
    Hooks: Object.entries(wishes.hooks ?? {}).map(([event, functionName]) => ({ [event]: functionName })),
  })
  return {
    ...(wishes.alarms === undefined ? {} : { alarmConfiguration: wishes.alarms }),
    deploymentId: wishes.deploymentId ?? 'd-ABCDEF123',
    region: 'us-east-1',
    applicationName: 'app',
    deploymentGroupName: 'group',
    deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    trafficRouting: wishes.trafficRouting ?? { type: 'AllAtOnce' },
    group: groupOf(wishes, testListener),
    autoRollbackConfiguration: { enabled: (wishes.rollbackOn ?? []).length > 0, events: wishes.rollbackOn ?? [] },
    revision: { revisionType: 'AppSpecContent', content, sha256: '' },
    creator: 'user',
    status: 'Created',
    instanceTerminationWaitTimeStarted: false,
    lifecycleEvents: pendingLifecycleEvents({ withTestListener: testListener }),
    continued: [],
    pastPointOfNoReturn: false,
    ...createdAt,
  }
}

function groupOf(wishes: Wishes, testListener: boolean): Deployment['group'] {
  const { readyWaitInMinutes, terminationWaitInMinutes = 5, keepBlue = false } = wishes
  return {
    deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
    serviceRoleArn: 'arn:aws:iam::000000000000:role/codedeploy',
    ecsService: { serviceName: 'web', clusterName: 'prod' },
    targetGroupPair: {
      targetGroupNames: ['web-blue', 'web-green'],
      prodListenerArn: wishes.prodListenerArn ?? 'prod-listener',
      ...(testListener ? { testListenerArn: wishes.testListenerArn ?? 'test-listener' } : {}),
    },
    deploymentReadyOption:
      readyWaitInMinutes === undefined
        ? { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 }
        : { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: readyWaitInMinutes },
    terminateBlueInstances: keepBlue
      ? { action: 'KEEP_ALIVE', terminationWaitTimeInMinutes: 0 }
      : { action: 'TERMINATE', terminationWaitTimeInMinutes: terminationWaitInMinutes },
    autoRollbackConfiguration: { enabled: false, events: [] },
    outdatedInstancesStrategy: 'UPDATE',
  }
}
