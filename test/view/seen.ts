import type { SeenCodeDeploy } from '../../src/view/seen-code-deploy.ts'
import type { DeploymentView } from '../../src/view/deployment-view.ts'
import { screenLines } from '../../src/view/screen-lines.ts'
import { textOf } from '../../src/view/styled.ts'
import type { SeenGroup } from '../../src/view/surroundings.ts'

/** A moment that all times of these tests are counted from. */
export const start = Date.UTC(2027, 2, 1, 14, 0, 0)

export function at(seconds: number): Date {
  return new Date(start + seconds * 1000)
}

type Events = NonNullable<NonNullable<SeenCodeDeploy['target']>['lifecycleEvents']>

/** A canary of web-blue to web-green that has had 10% for a minute, as AWS answers it; changed as a test needs. */
export function seenCanary(change: Partial<SeenCodeDeploy> = {}): SeenCodeDeploy {
  return {
    at: start + 90_000,
    minuteMilliseconds: 60_000,
    deployment: {
      deploymentId: 'd-ABCDEF123',
      applicationName: 'web',
      deploymentGroupName: 'web',
      deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent5Minutes',
      status: 'InProgress',
      creator: 'user',
      createTime: at(0),
      startTime: at(0),
      autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'] },
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 },
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 10 },
      },
    },
    routing: { type: 'TimeBasedCanary', timeBasedCanary: { canaryPercentage: 10, canaryInterval: 5 } },
    target: { targetId: 'main:web', taskSetsInfo: taskSets(10), lifecycleEvents: eventsUntil('AllowTraffic') },
    groups: { 'web-blue': group(90), 'web-green': group(10) },
    alarms: [],
    alarmNames: [],
    stoppedTasks: [],
    logLines: [],
    protectedTasks: [],
    ...change,
  }
}

export function taskSets(greenWeight: number) {
  return [taskSet('Blue', 100 - greenWeight), taskSet('Green', greenWeight)]
}

function taskSet(label: 'Blue' | 'Green', weight: number) {
  return {
    identifer: `ecs-svc/${label}`,
    taskSetLabel: label,
    status: label === 'Blue' ? 'PRIMARY' : 'ACTIVE',
    desiredCount: 2,
    runningCount: 2,
    pendingCount: 0,
    trafficWeight: weight,
    targetGroup: { name: `web-${label.toLowerCase()}` },
  }
}

function group(requestsPerSecond: number): SeenGroup {
  const target = { TargetHealth: { State: 'healthy' as const } }
  const traffic = { requestsPerSecond, errorShare: 0, p50Milliseconds: 4.2, p99Milliseconds: 1_250 }
  return { targets: [target, target], traffic: { ...traffic, requests: requestsPerSecond * 60, errors: 0 } }
}

const names = [
  'BeforeInstall',
  'Install',
  'AfterInstall',
  'AllowTestTraffic',
  'AfterAllowTestTraffic',
  'BeforeAllowTraffic',
  'AllowTraffic',
  'AfterAllowTraffic',
] as const

/** Each took ten seconds; the named one is under way, or ended as is said. */
export function eventsUntil(last: (typeof names)[number], change: Partial<Events[number]> = {}): Events {
  const current = names.indexOf(last)
  return names.map((lifecycleEventName, place) => {
    if (place > current) return { lifecycleEventName, status: 'Pending' as const }
    const startTime = at(place * 5)
    if (place < current)
      return { lifecycleEventName, status: 'Succeeded' as const, startTime, endTime: at(place * 5 + 5) }
    return { lifecycleEventName, status: 'InProgress' as const, startTime, ...change }
  })
}

/** As it is on a screen. */
export function shown(view: DeploymentView, { width = 80, height = 60, now = start + 90_000 } = {}): string {
  return screenLines(view, { width, height }, now).map(textOf).join('\n')
}
