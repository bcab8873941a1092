import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type {
  GroupFacts,
  ListenerFacts,
  Looked,
  PreflightFacts,
  ServiceFacts,
  TargetGroupFacts,
  TaskDefinitionFacts,
} from '../../src/domain/preflight/facts.ts'
import type { Finding } from '../../src/domain/preflight/finding.ts'
import { preflight } from '../../src/domain/preflight/preflight.ts'

describe('before a deployment', () => {
  test('where all is as it should be, nothing is found', () => {
    assert.deepEqual(preflight(world()), [])
  })

  test('a container that the task definition does not have is an error, and the nearest name is offered', () => {
    const finding = theOnly(world({ appSpec: { containerName: 'wep' } }), 'container-missing')
    assert.equal(finding.severity, 'error')
    assert.equal(
      finding.what,
      'The AppSpec sends traffic to the container wep; task definition hello:2 has web and sidecar.',
    )
    assert.match(finding.how, /ContainerName: web,/)
    assert.deepEqual(finding.where, { subject: 'AppSpec', field: ['LoadBalancerInfo', 'ContainerName'] })
  })

  test('a port that the container does not have is an error, and so is one of UDP', () => {
    const finding = theOnly(world({ appSpec: { containerPort: 80 } }), 'container-port-missing')
    assert.match(finding.what, /port 80 of container web; in task definition hello:2 that has port 8080 and 53\./)
    const udp = theOnly(world({ appSpec: { containerPort: 53 } }), 'container-port-missing')
    assert.match(udp.what, /UDP/)
    const none = theOnly(world({ appSpec: { containerName: 'sidecar' } }), 'container-port-missing', 'error')
    assert.match(none.what, /that has no port\./)
  })

  test('a container with traffic that is not essential is a warning', () => {
    const [web, ...others] = containers
    assert.equal(web?.name, 'web')
    const facts = world({ taskDefinition: { containerDefinitions: [{ ...web, essential: false }, ...others] } })
    assert.equal(theOnly(facts, 'container-not-essential').severity, 'warning')
  })

  test('a task definition that is not there, or is not ACTIVE, is an error', () => {
    const facts = { ...world(), taskDefinition: absent }
    assert.match(theOnly(facts, 'task-definition-missing').what, /no task definition hello:2\./)
    const taskDefinition = 'arn:aws:ecs:eu-north-1:000000000000:task-definition/hello:2'
    for (const looked of [absent, { kind: 'unknown', reason: 'Invalid Region in ARN' }] as const) {
      const [first] = preflight({ ...world({ appSpec: { taskDefinition } }), taskDefinition: looked })
      assert.equal(first?.code, 'task-definition-missing')
      assert.match(first.what, /hello:2 is of region eu-north-1; the deployment is in/)
    }
    assert.match(
      theOnly(world({ taskDefinition: { status: 'INACTIVE' } }), 'task-definition-inactive').what,
      /INACTIVE/,
    )
  })

  test('on Fargate the network mode, the compatibility and the size are looked at', () => {
    const facts = world({ taskDefinition: { requiresCompatibilities: ['EC2'], cpu: undefined, memory: undefined } })
    assert.deepEqual(
      preflight(facts).map(({ code, where }) => [code, where.field]),
      [
        ['fargate-settings', ['requiresCompatibilities']],
        ['fargate-settings', ['cpu']],
        ['fargate-settings', ['memory']],
      ],
    )
    const capacityProviderStrategy = [{ capacityProvider: 'FARGATE_SPOT' }]
    const ofInstances = { launchType: 'EC2' }
    const byProviders = { launchType: undefined, capacityProviderStrategy }
    for (const [service, appSpec, codes] of [
      [ofInstances, {}, []],
      [ofInstances, { capacityProviderStrategy }, ['fargate-settings']],
      [byProviders, { capacityProviderStrategy }, ['fargate-settings']],
      [byProviders, {}, ['fargate-settings', 'capacity-providers-dropped']],
    ] as const) {
      const findings = preflight(world({ service, appSpec, taskDefinition: { cpu: undefined } }))
      assert.deepEqual(
        findings.map(({ code }) => code),
        codes,
      )
    }
    const bridge = preflight(world({ taskDefinition: { networkMode: 'bridge' } })).map(({ code }) => code)
    assert.deepEqual(bridge, ['fargate-settings', 'target-type', 'target-type'])
  })

  test('awsvpc without a network configuration anywhere is an error', () => {
    assert.equal(
      theOnly(world({ service: { hasNetworkConfiguration: false } }), 'network-configuration-missing').severity,
      'error',
    )
    const given = world({ service: { hasNetworkConfiguration: false }, appSpec: { hasNetworkConfiguration: true } })
    assert.deepEqual(preflight(given), [])
  })

  test('what needs an execution role says so', () => {
    const [web] = containers
    assert(web)
    const facts = world({
      taskDefinition: {
        containerDefinitions: [
          { ...web, logConfiguration: { logDriver: 'awslogs' }, secrets: [{ name: 'A', valueFrom: 'a' }] },
        ],
        executionRoleArn: undefined,
      },
    })
    assert.match(theOnly(facts, 'execution-role-missing').what, /but web has secrets and web logs to CloudWatch/)
  })

  test('of a file, members that only ECS answers and placeholders are told', () => {
    const file = world({ taskDefinition: { readOnlyMembers: ['revision', 'status'], placeholders: ['<IMAGE1_NAME>'] } })
    assert.deepEqual(
      preflight(file).map(({ code, severity }) => [code, severity]),
      [
        ['read-only-members', 'warning'],
        ['image-placeholder', 'note'],
      ],
    )
  })

  test('a definition of another family than the one that runs is a warning', () => {
    assert.match(
      theOnly(world({ taskDefinition: { family: 'bye' } }), 'family-differs').what,
      /bye; service hello runs hello:1/,
    )
  })

  test('a group that is missing or busy, and a service that cannot be deployed, are errors', () => {
    assert.equal(
      theOnly({ ...world(), group: absent, listeners: [], targetGroups: [] }, 'group-missing').severity,
      'error',
    )
    assert.match(
      theOnly({ ...world(), runningDeploymentId: 'd-ABCDEF123' }, 'deployment-running').how,
      /`teal deployment d-ABCDEF123`/,
    )
    assert.match(theOnly({ ...world(), service: absent }, 'service-missing').what, /does not exist/)
    assert.match(theOnly(world({ service: { status: 'DRAINING' } }), 'service-not-active').what, /is DRAINING/)
    assert.match(
      theOnly(world({ service: { deploymentController: 'ECS' } }), 'service-controller').what,
      /is ECS, not CODE_DEPLOY/,
    )
    assert.equal(theOnly(world({ service: { primary: undefined } }), 'primary-missing').severity, 'error')
    assert.equal(theOnly(world({ service: { desiredCount: 0 } }), 'service-empty').severity, 'warning')
  })

  test('a service that runs none of its tasks is a warning, and one that runs some of them is none', () => {
    const finding = theOnly(world({ service: { primary: { ...primary, runningCount: 0 } } }), 'service-not-running')
    assert.equal(finding.severity, 'warning')
    assert.equal(finding.what, 'The service hello runs none of its 2 tasks.')
    assert.match(finding.how, /teal tasks hello\/hello --stopped/)
    assert.deepEqual(preflight(world({ service: { primary: { ...primary, runningCount: 1 } } })), [])
  })

  test('a test listener of another load balancer is an error', () => {
    assert.match(
      theOnly(world({ test: { loadBalancerArn: 'lb-2', port: 81 } }), 'listener-elsewhere').what,
      /^The test listener on port 81 is of the load balancer lb-2; the production listener on port 80 is of lb\.$/,
    )
  })

  test('a group that is to be created is looked at, and told as missing', () => {
    const planned = { ...world({ green: { loadBalancerArns: ['lb-2'] } }), isGroupPlanned: true }
    assert.deepEqual(
      preflight(planned).map(({ code }) => code),
      ['group-missing', 'target-group-unattached'],
    )
  })

  test('a group that does not roll back is noted', () => {
    assert.equal(theOnly(world({ group: { autoRollbackEvents: [] } }), 'rollback-off').severity, 'note')
  })
})

describe('before a deployment, the target groups', () => {
  test('must be there and of the type the tasks need', () => {
    const facts = {
      ...world(),
      targetGroups: [named('hello-blue', targetGroup('blue')), { name: 'hello-green', looked: absent }],
    }
    assert.match(theOnly(facts, 'target-group-missing').what, /hello-green/)
    const instance = world({ green: { targetType: 'instance' } })
    assert.match(theOnly(instance, 'target-type').what, /of hello-green is instance; .* awsvpc need ip/)
  })

  test('must be those of the PRIMARY task set, behind one load balancer', () => {
    const elsewhere = { ...primary, targetGroupArns: ['arn:x:targetgroup/other/1'] }
    const foreign = theOnly(world({ service: { primary: elsewhere } }), 'target-group-foreign')
    assert.match(foreign.what, /is in other, which is not one of the pair hello-blue and hello-green/)
    const foreignGroup = world({ group: { prodListenerArn: 'gone' }, green: { loadBalancerArns: ['lb-2'] } })
    assert.match(theOnly(foreignGroup, 'target-group-unattached').what, /different load balancers/)
    assert.match(
      theOnly(world({ green: { loadBalancerArns: ['lb', 'lb-2'] } }), 'target-group-unattached').what,
      /^The target group hello-green is behind the load balancer lb-2; the production listener on port 80 is of lb\.$/,
    )
    const both = { loadBalancerArns: ['lb-2'] }
    assert.equal(preflight(world({ blue: both, green: both })).length, 2)
    const loose = preflight(world({ blue: { loadBalancerArns: [] } })).map(({ code }) => code)
    assert.deepEqual(loose, ['target-group-unattached'])
    assert.deepEqual(preflight(world({ green: { loadBalancerArns: [] } })), [], 'green may wait to be attached')
  })

  test('whose serving targets fail their checks are told, with what the check met', () => {
    const targets = [
      { target: '10.0.0.1:8080', state: 'healthy' },
      { target: '10.0.0.2:8080', state: 'unhealthy', description: 'Health checks failed with these codes: [404]' },
    ]
    const finding = theOnly(world({ blue: { targets } }), 'blue-unhealthy')
    assert.match(
      finding.what,
      /^1 of 2 targets .* 10\.0\.0\.2:8080 is unhealthy: Health checks failed with these codes: \[404\]\.$/,
    )
  })

  test('with different health checks are told, and what blue answers to the one of green', () => {
    const green = { healthCheck: { ...healthCheck, path: '/healthz' } }
    assert.match(
      theOnly(world({ green }), 'health-check-differs').what,
      /HealthCheckPath is \/healthz on hello-green and \/health on hello-blue/,
    )
    const url = 'http://localhost/healthz'
    const asked = (statusCode: number) => ({
      ...world({ green }),
      healthAnswer: { url, targetGroupArn: 'g', statusCode },
    })
    assert.equal(preflight(asked(404)).length, 2)
    assert.match(
      preflight(asked(404)).at(-1)?.what ?? '',
      /^http:\/\/localhost\/healthz answers 404 now; .* wants 200-299 at \/healthz/,
    )
    assert.equal(preflight(asked(204)).length, 1)
  })

  test('whose requests and health checks do not go together by their protocols are told', () => {
    const byTls = { protocol: 'HTTPS', healthCheck: { ...healthCheck, protocol: 'HTTPS' } }
    assert.deepEqual(preflight(world({ blue: byTls, green: byTls })), [])
    const other = preflight(world({ green: byTls }))
    assert.deepEqual(
      other.map(({ code }) => code),
      ['target-group-protocol', 'health-check-differs'],
    )
    assert.match(other[0]?.what ?? '', /^Protocol is HTTPS on hello-green and HTTP on hello-blue\.$/)
    const unchecked = { protocol: 'HTTPS' }
    const [finding] = preflight(world({ blue: unchecked, green: unchecked }))
    assert.match(finding?.what ?? '', /of hello-(blue|green) by HTTPS, and health checks on the same port by HTTP\.$/)
    const elsewhere = { protocol: 'HTTPS', healthCheck: { ...healthCheck, port: '9000' } }
    assert.deepEqual(preflight(world({ blue: elsewhere, green: elsewhere })), [])
    const ofNetworkLoadBalancer = { protocol: 'TCP' }
    assert.deepEqual(preflight(world({ blue: ofNetworkLoadBalancer, green: ofNetworkLoadBalancer })), [])
  })

  test("with targets of nobody's in green's group are told", () => {
    const targets = [{ target: '10.0.0.9:80', state: 'unused' }]
    assert.match(
      theOnly(world({ green: { targets } }), 'green-not-empty').what,
      /has a target of no task set of hello: 10\.0\.0\.9:80/,
    )
    const bound = world({ green: { targets }, service: { boundTargetGroupArns: [arnOf('blue'), arnOf('green')] } })
    assert.deepEqual(preflight(bound), [])
  })
})

describe('before a deployment, the listeners', () => {
  test('must be there, be two, and forward to the target group of the PRIMARY task set', () => {
    const gone = { ...world(), listeners: [{ name: 'prod', looked: absent }, named('test', listener('test', 'blue'))] }
    assert.match(theOnly(gone, 'listener-missing').where.field?.join('.') ?? '', /prodTrafficRoute/)
    assert.match(
      theOnly(world({ group: { testListenerArn: 'prod' }, listeners: ['prod'] }), 'listener-shared').why,
      /all production traffic/,
    )
    const wrong = preflight(world({ prod: { routes: [route('default', ['green', 1])] } }))
    assert.deepEqual(
      wrong.map(({ code, severity }) => [code, severity]),
      [
        ['listener-not-on-primary', 'error'],
        ['listener-not-on-primary', 'warning'],
      ],
    )
    assert.match(wrong[0]?.what ?? '', /production listener on port 80 forwards to hello-green, not to hello-blue/)
    assert.match(wrong[0]?.how ?? '', /^aws elbv2 modify-listener --listener-arn prod /)
  })

  test('with weight 0 for the PRIMARY are on it, and the test listener may be on either group', () => {
    const routes = [route('default', ['blue', 100], ['green', 0])]
    assert.deepEqual(preflight(world({ prod: { routes }, test: { routes: [route('default', ['green', 1])] } })), [])
  })

  test('that redirect have no traffic to shift', () => {
    const redirect = { priority: 'default', action: 'redirect', targetGroups: [] }
    assert.match(theOnly(world({ prod: { routes: [redirect] } }), 'listener-not-forwarding').what, /it does redirect/)
  })

  test('that mix the pair with another group, or give green traffic already, are told', () => {
    const mixed = route('10', ['blue', 1], ['other', 1])
    const finding = theOnly(world({ prod: { routes: [route('default', ['blue', 1]), mixed] } }), 'listener-mixed')
    assert.match(finding.what, /rule of priority 10 of the production listener .* hello-blue and hello-other/)
    const ofTest = theOnly(world({ test: { routes: [route('default', ['blue', 1], ['other', 1])] } }), 'listener-mixed')
    assert.match(ofTest.what, /default action of the test listener .* hello-blue and hello-other/)
    const ahead = world({ prod: { routes: [route('default', ['blue', 90], ['green', 10])] } })
    assert.match(
      theOnly(ahead, 'listener-not-on-primary', 'warning').what,
      /gives 10 % of its traffic to hello-green already/,
    )
  })

  test('of a Network Load Balancer cannot shift in parts', () => {
    const loadBalancers = [{ loadBalancerArn: 'lb', type: 'network', dnsName: '' }]
    const canary = { type: 'TimeBasedCanary', canaryPercentage: 10, canaryInterval: 5 } as const
    assert.equal(
      theOnly({ ...world(), loadBalancers, trafficRouting: found(canary) }, 'load-balancer-type').severity,
      'error',
    )
    assert.deepEqual(preflight({ ...world(), loadBalancers }), [])
  })
})

describe('before a deployment, hooks, alarms and waits', () => {
  const hooks = [{ event: 'AfterAllowTestTraffic', functionName: 'CodeDeployHook_check' }] as const
  const withHook = (looked: PreflightFacts['functions'][number]['looked']) => ({
    ...world({ appSpec: { hooks } }),
    functions: [{ name: 'CodeDeployHook_check', looked }],
  })

  test('a hook whose function is missing or not ready is an error', () => {
    assert.match(
      theOnly(withHook(absent), 'hook-missing').what,
      /no function CodeDeployHook_check, which is hooked on AfterAllowTestTraffic/,
    )
    const failed = withHook(found({ functionArn: 'f', state: 'Failed', stateReason: 'out of space' }))
    assert.match(theOnly(failed, 'hook-not-ready').what, /is Failed \(out of space\)/)
    assert.deepEqual(preflight(withHook(found({ functionArn: 'f', state: 'Inactive' }))), [])
  })

  test('a hook by whose name a policy of AWS would not allow it to be invoked is a note', () => {
    const facts = {
      ...world({ appSpec: { hooks: [{ event: 'BeforeInstall', functionName: 'check' }] } }),
      functions: [{ name: 'check', looked: found({ functionArn: 'f' }) }],
    }
    assert.equal(theOnly(facts, 'hook-permission').severity, 'note')
  })

  test('a hook on test traffic in a group without a test listener is a warning', () => {
    const facts = world({ appSpec: { hooks }, group: { testListenerArn: undefined }, listeners: ['prod'] })
    assert.match(theOnly(facts, 'hook-without-test-listener').why, /never called/)
  })

  test('a hook in another region is an error', () => {
    const elsewhere = [{ event: 'BeforeInstall', functionName: 'arn:aws:lambda:eu-west-1:1:function:check' }] as const
    assert.match(theOnly(world({ appSpec: { hooks: elsewhere } }), 'hook-region').what, /in eu-west-1; .* in us-east-1/)
  })

  test('an alarm that fires or is missing is an error, one without data a note', () => {
    const group = {
      alarmNames: ['errors'],
      autoRollbackEvents: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_ALARM'],
    } as const
    const alarms = (looked: PreflightFacts['alarms'][number]['looked'], more: Partial<GroupFacts> = {}) => ({
      ...world({ group: { ...group, ...more } }),
      alarms: [{ name: 'errors', looked }],
    })
    assert.match(theOnly(alarms(found({ state: 'ALARM', reason: 'too many' })), 'alarm-firing').what, /says: too many$/)
    assert.equal(theOnly(alarms(absent), 'alarm-missing').severity, 'error')
    assert.equal(theOnly(alarms(absent, { ignorePollAlarmFailure: true }), 'alarm-missing').severity, 'warning')
    assert.equal(theOnly(alarms(found({ state: 'INSUFFICIENT_DATA' })), 'alarm-without-data').severity, 'note')
    const kept = alarms(found({ state: 'OK' }), { autoRollbackEvents: ['DEPLOYMENT_FAILURE'] })
    assert.equal(theOnly(kept, 'alarm-without-rollback').severity, 'warning')
  })

  test('waits longer than allowed are an error, longer than the waiter a warning', () => {
    const linear = { type: 'TimeBasedLinear', linearPercentage: 10, linearInterval: 3 } as const
    const group = { terminateBlueInstances: { action: 'TERMINATE', terminationWaitTimeInMinutes: 60 } } as const
    const facts = { ...world({ group }), trafficRouting: found(linear) }
    const finding = theOnly(facts, 'duration')
    assert.equal(finding.severity, 'warning')
    assert.equal(
      finding.what,
      'The deployment waits 87 minutes by itself: 27 minutes between shifts of traffic, 60 minutes before blue is terminated.',
    )
    assert.match(theOnly({ ...facts, mostMinutes: 86 }, 'duration', 'error').what, / 86 minutes are allowed\.$/)
    assert.deepEqual(preflight({ ...facts, mostMinutes: 87 }), [])
    const ready = world({
      group: { deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 125 } },
    })
    assert.match(
      theOnly(ready, 'duration').what,
      /^The deployment waits 2 h 10 min by itself: up to 2 h 5 min for ContinueDeployment, 5 minutes before/,
    )
  })

  test('what nobody could look at is noted, a configuration that is not there is an error', () => {
    const facts = { ...world(), trafficRouting: { kind: 'unknown', reason: 'denied (AccessDenied)' } } as const
    assert.match(
      theOnly(facts, 'not-looked-at').what,
      /^The deployment configuration .* was not looked at: denied \(AccessDenied\)\.$/,
    )
    assert.equal(theOnly({ ...world(), trafficRouting: absent }, 'deployment-config-missing').severity, 'error')
  })
})

function theOnly(facts: PreflightFacts, code: Finding['code'], severity?: Finding['severity']): Finding {
  const findings = preflight(facts)
  assert.deepEqual(
    findings.map((finding) => finding.code),
    [code],
  )
  const [finding] = findings
  assert(finding)
  if (severity !== undefined) assert.equal(finding.severity, severity)
  return finding
}

const absent = { kind: 'absent' } as const

function found<Thing>(thing: Thing): Looked<Thing> {
  return { kind: 'found', thing }
}

function named<Thing>(name: string, thing: Thing) {
  return { name, looked: found(thing) }
}

const containers: TaskDefinitionFacts['containerDefinitions'] = [
  {
    name: 'web',
    image: 'hello:2',
    essential: true,
    portMappings: [
      { containerPort: 8080, protocol: 'tcp' },
      { containerPort: 53, protocol: 'udp' },
    ],
  },
  { name: 'sidecar', image: 'log:1', essential: true, portMappings: [] },
]

const healthCheck = { protocol: 'HTTP', port: 'traffic-port', path: '/health', matcher: '200-299' }

function arnOf(side: string): string {
  return `arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/hello-${side}/1`
}

function targetGroup(side: string, changes: Partial<TargetGroupFacts> = {}): TargetGroupFacts {
  const loadBalancerArns = ['lb']
  return {
    targetGroupArn: arnOf(side),
    name: `hello-${side}`,
    targetType: 'ip',
    protocol: 'HTTP',
    loadBalancerArns,
    healthCheck,
    ...changes,
  }
}

function route(priority: string, ...weights: readonly (readonly [side: string, weight: number])[]) {
  const targetGroups = weights.map(([side, weight]) => ({ targetGroupArn: arnOf(side), weight }))
  return { priority, action: 'forward', targetGroups }
}

function listener(listenerArn: string, side: string, changes: Partial<ListenerFacts> = {}): ListenerFacts {
  const routes = [route('default', [side, 1])]
  return { listenerArn, loadBalancerArn: 'lb', protocol: 'HTTP', port: 80, routes, ...changes }
}

type Changes = {
  readonly appSpec?: object
  readonly taskDefinition?: { readonly [Member in keyof TaskDefinitionFacts]?: TaskDefinitionFacts[Member] | undefined }
  readonly group?: { readonly [Member in keyof GroupFacts]?: GroupFacts[Member] | undefined }
  readonly service?: { readonly [Member in keyof ServiceFacts]?: ServiceFacts[Member] | undefined }
  readonly blue?: Partial<TargetGroupFacts>
  readonly green?: Partial<TargetGroupFacts>
  readonly prod?: Partial<ListenerFacts>
  readonly test?: Partial<ListenerFacts>
  readonly listeners?: readonly ('prod' | 'test')[]
}

const primary = {
  targetGroupArns: [arnOf('blue')],
  taskDefinition: 'arn:aws:ecs:us-east-1:1:task-definition/hello:1',
  runningCount: 2,
}

/** Everything as a deployment needs it, but for the changes. */
function world(changes: Changes = {}): PreflightFacts {
  const listeners = changes.listeners ?? ['prod', 'test']
  const appSpec = {
    taskDefinition: 'hello:2',
    containerName: 'web',
    containerPort: 8080,
    hooks: [],
    hasNetworkConfiguration: false,
  }
  return {
    region: 'us-east-1',
    appSpec: found({ ...appSpec, ...changes.appSpec }),
    taskDefinition: found({
      name: 'hello:2',
      family: 'hello',
      status: 'ACTIVE',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      containerDefinitions: containers,
      readOnlyMembers: [],
      placeholders: [],
      ...changes.taskDefinition,
    } as TaskDefinitionFacts),
    group: found({
      applicationName: 'hello',
      deploymentGroupName: 'hello',
      deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
      serviceRoleArn: 'arn:aws:iam::1:role/CodeDeploy',
      targetGroupNames: ['hello-blue', 'hello-green'],
      prodListenerArn: 'prod',
      testListenerArn: 'test',
      deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 },
      terminateBlueInstances: { action: 'TERMINATE', terminationWaitTimeInMinutes: 5 },
      autoRollbackEvents: ['DEPLOYMENT_FAILURE'],
      alarmNames: [],
      ignorePollAlarmFailure: false,
      ...changes.group,
    } as GroupFacts),
    trafficRouting: found({ type: 'AllAtOnce' }),
    service: found({
      serviceArn: 'arn:aws:ecs:us-east-1:1:service/hello/hello',
      serviceName: 'hello',
      status: 'ACTIVE',
      deploymentController: 'CODE_DEPLOY',
      launchType: 'FARGATE',
      desiredCount: 2,
      hasNetworkConfiguration: true,
      primary,
      boundTargetGroupArns: [arnOf('blue')],
      ...changes.service,
    } as ServiceFacts),
    capacityProviders: { kind: 'unasked' },
    targetGroups: [
      named('hello-blue', targetGroup('blue', changes.blue)),
      named('hello-green', targetGroup('green', changes.green)),
    ],
    listeners: listeners.map((name) => named(name, listener(name, 'blue', changes[name]))),
    loadBalancers: [{ loadBalancerArn: 'lb', type: 'application', dnsName: 'localhost' }],
    functions: [],
    alarms: [],
  }
}
