import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DescribeTaskDefinitionCommand, type ContainerDefinition } from '@aws-sdk/client-ecs'
import { assertRefused, registerWeb, startEcs } from './ecs-world.ts'

const awslogs = { 'awslogs-group': '/ecs/web', 'awslogs-region': 'eu-west-1', 'awslogs-stream-prefix': 'web' }
const web: ContainerDefinition = { name: 'web', image: 'hello:1' }

/** What is wrong with each list of containers, under awsvpc with a task of 256 cpu units and 512 MiB. */
const refusals: readonly (readonly [what: string, containers: ContainerDefinition[], message: string])[] = [
  ['no container', [], 'Container list cannot be empty.'],
  [
    'eleven containers',
    Array.from({ length: 11 }, (_, index) => ({ ...web, name: `web${index}` })),
    'A task definition can have at most 10 containers.',
  ],
  ['a container without a name', [{ image: 'hello:1' }], 'Container.name should not be null or empty.'],
  ['a name with a blank', [{ ...web, name: 'my web' }], 'Container.name contains invalid characters.'],
  ['one name twice', [web, web], 'Container names must be unique within a Task Definition.'],
  ['a container without an image', [{ name: 'web' }], 'Container.image should not be null or empty.'],
  ['an empty image', [{ name: 'web', image: '' }], 'Container.image should not be null or empty.'],
  [
    'no essential container',
    [{ ...web, essential: false }],
    'A task definition must have at least one essential container.',
  ],
  ['a negative cpu', [{ ...web, cpu: -1 }], "Invalid setting for container 'web'. 'cpu' must not be negative."],
  ['too little memory', [{ ...web, memory: 5 }], "Invalid setting for container 'web'. 'memory' must be at least 6."],
  [
    'too small a reservation',
    [{ ...web, memoryReservation: 5 }],
    "Invalid setting for container 'web'. 'memoryReservation' must be at least 6.",
  ],
  [
    'a reservation above the limit',
    [{ ...web, memory: 64, memoryReservation: 128 }],
    "Invalid setting for container 'web'. 'memory' must be greater than 'memoryReservation'.",
  ],
  [
    'a stopTimeout which Fargate does not have',
    [{ ...web, stopTimeout: 121 }],
    "Invalid setting for container 'web'. 'stopTimeout' must be between 0 and 120 seconds.",
  ],
  [
    'a variable without a name',
    [{ ...web, environment: [{ value: 'x' }] }],
    "Container 'web': every entry of environment needs a name.",
  ],
  [
    'a port out of range',
    [{ ...web, portMappings: [{ containerPort: 65_536 }] }],
    "Container 'web': containerPort must be between 1 and 65535.",
  ],
  [
    'a port mapping without a port',
    [{ ...web, portMappings: [{ protocol: 'tcp' }] }],
    "Container 'web': containerPort must be between 1 and 65535.",
  ],
  [
    'a host port other than the container port',
    [{ ...web, portMappings: [{ containerPort: 80, hostPort: 81 }] }],
    'When networkMode=awsvpc, the host ports and container ports in port mappings must match.',
  ],
  [
    'one port in two containers of a task',
    [
      { ...web, portMappings: [{ containerPort: 80 }] },
      { ...web, name: 'other', portMappings: [{ containerPort: 80 }] },
    ],
    'Container port 80/tcp is mapped more than once.',
  ],
  [
    'one name for two ports',
    [
      {
        ...web,
        portMappings: [
          { containerPort: 80, name: 'http' },
          { containerPort: 81, name: 'http' },
        ],
      },
    ],
    'Names of port mappings must be unique in a task definition.',
  ],
  [
    'a range of ports',
    [{ ...web, portMappings: [{ containerPortRange: '80-90' }] }],
    "Container 'web': containerPortRange is not supported by Teal yet. Name each port with containerPort.",
  ],
  [
    'more cpu than the task has',
    [{ ...web, cpu: 512 }],
    "The containers' cpu, 512 in all, is more than the task's, 256.",
  ],
  [
    'more memory than the task has',
    [
      { ...web, memory: 512 },
      { ...web, name: 'other', memory: 64 },
    ],
    "The containers' memory, 576 MiB in all, is more than the task's, 512 MiB.",
  ],
  ['links under awsvpc', [{ ...web, links: ['db'] }], 'Links are not supported when networkMode=awsvpc.'],
  [
    'a mount of no volume',
    [{ ...web, mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] }],
    "Unknown volume 'data'.",
  ],
  [
    'a dependency on nobody',
    [{ ...web, dependsOn: [{ containerName: 'db', condition: 'START' }] }],
    "Invalid 'dependsOn' setting for container 'web'. There is no container 'db' in the task definition.",
  ],
  [
    'a circle of dependencies',
    [
      { ...web, dependsOn: [{ containerName: 'db', condition: 'START' }] },
      { ...web, name: 'db', dependsOn: [{ containerName: 'web', condition: 'START' }] },
    ],
    "Invalid 'dependsOn' setting. The containers depend on each other in a circle: web, db.",
  ],
  [
    'waiting for the health of a container without a check',
    [
      { ...web, dependsOn: [{ containerName: 'db', condition: 'HEALTHY' }] },
      { ...web, name: 'db' },
    ],
    "Invalid 'dependsOn' setting for container 'web'. Container 'db' has no healthCheck, so that it never becomes HEALTHY.",
  ],
  [
    'waiting for the end of an essential container',
    [
      { ...web, dependsOn: [{ containerName: 'db', condition: 'SUCCESS' }] },
      { ...web, name: 'db' },
    ],
    "Invalid 'dependsOn' setting for container 'web'. Container 'db' is essential: the task would end with it (SUCCESS).",
  ],
  [
    'a health check too often',
    [{ ...web, healthCheck: { command: ['CMD', 'true'], interval: 1 } }],
    "Invalid setting for container 'web'. 'interval' of 'healthCheck' must be between 5 and 300, and is 1.",
  ],
  [
    'a health check of another kind',
    [{ ...web, healthCheck: { command: ['true'] } }],
    "Invalid setting for container 'web'. The command of 'healthCheck' must be CMD or CMD-SHELL followed by what to run, or NONE.",
  ],
  [
    'a secret of the name of a variable',
    [{ ...web, environment: [{ name: 'A', value: '1' }], secrets: [{ name: 'A', valueFrom: 'a' }] }],
    "The secret name must be unique and not shared with any new or existing environment variables set on the container, such as 'A'.",
  ],
  [
    'secrets without an execution role',
    [{ ...web, secrets: [{ name: 'A', valueFrom: 'a' }] }],
    "When you are specifying container secrets, you must also specify a value for 'executionRoleArn'.",
  ],
  [
    'a ulimit which Fargate does not have',
    [{ ...web, ulimits: [{ name: 'core', softLimit: 1, hardLimit: 1 }] }],
    'Fargate compatible task definitions only support nofile ulimits.',
  ],
  [
    'a start time-out which Fargate does not have',
    [{ ...web, startTimeout: 121 }],
    "Invalid setting for container 'web'. 'startTimeout' must be between 2 and 120 seconds.",
  ],
]

/** Members that ask for something Teal does not do. */
const unsupported: Partial<ContainerDefinition>[] = [
  { volumesFrom: [{ sourceContainer: 'web' }] },
  { firelensConfiguration: { type: 'fluentbit' } },
  { systemControls: [{ namespace: 'net.core.somaxconn', value: '1024' }] },
  { restartPolicy: { enabled: true } },
  { hostname: 'web' },
  { disableNetworking: true },
  { privileged: true },
  { dnsServers: ['10.0.0.2'] },
  { dnsSearchDomains: ['example.com'] },
  { extraHosts: [{ hostname: 'db', ipAddress: '10.0.0.3' }] },
  { dockerSecurityOptions: ['no-new-privileges'] },
  { interactive: true },
  { pseudoTerminal: true },
  { resourceRequirements: [{ type: 'GPU', value: '1' }] },
  { credentialSpecs: ['credentialspec:arn'] },
]

describe('container definitions', () => {
  test('defaults are filled in', async (t) => {
    const world = await startEcs(t)
    const taskDefinition = await registerWeb(world)
    const answer = await world.client.send(new DescribeTaskDefinitionCommand({ taskDefinition }))
    assert.deepEqual(answer.taskDefinition?.containerDefinitions, [
      {
        ...web,
        cpu: 0,
        essential: true,
        environment: [],
        portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
        mountPoints: [],
        volumesFrom: [],
        systemControls: [],
      },
    ])
  })

  test('what is used and what is only recorded is answered back as given', async (t) => {
    const world = await startEcs(t)
    const given: ContainerDefinition = {
      ...web,
      cpu: 128,
      memory: 256,
      memoryReservation: 128,
      entryPoint: ['node'],
      command: ['server.js'],
      workingDirectory: '/app',
      environment: [{ name: 'A', value: '1' }],
      stopTimeout: 10,
      startTimeout: 60,
      essential: true,
      portMappings: [{ containerPort: 80, hostPort: 80, protocol: 'tcp', name: 'http', appProtocol: 'http' }],
      logConfiguration: { logDriver: 'awslogs', options: awslogs },
      dockerLabels: { team: 'blue' },
      repositoryCredentials: { credentialsParameter: 'registry' },
      ulimits: [{ name: 'nofile', softLimit: 1024, hardLimit: 2048 }],
      versionConsistency: 'disabled',
      mountPoints: [],
      volumesFrom: [],
      systemControls: [],
    }
    const taskDefinition = await registerWeb(world, {
      containerDefinitions: [given],
      executionRoleArn: 'arn:aws:iam::000000000000:role/execution',
    })
    const answer = await world.client.send(new DescribeTaskDefinitionCommand({ taskDefinition }))
    assert.deepEqual(answer.taskDefinition?.containerDefinitions, [given])
  })

  test('what ECS refuses is refused in its words', async (t) => {
    const world = await startEcs(t)
    for (const [what, containerDefinitions, message] of refusals) {
      await t.test(what, () => assertRefused(registerWeb(world, { containerDefinitions }), 'ClientException', message))
    }
  })

  test('a container needs a memory setting where its task has none', async (t) => {
    const world = await startEcs(t)
    const bridge = { requiresCompatibilities: [], networkMode: undefined, cpu: undefined, memory: undefined }
    await assertRefused(
      registerWeb(world, { ...bridge, containerDefinitions: [web] }),
      'ClientException',
      "Invalid setting for container 'web'. At least one of 'memory' or 'memoryReservation' must be specified.",
    )
    await assertRefused(
      registerWeb(world, { ...bridge, containerDefinitions: [{ ...web, memory: 64, stopTimeout: -1 }] }),
      'ClientException',
      "Invalid setting for container 'web'. 'stopTimeout' must be at least 0 seconds.",
    )
    await registerWeb(world, { ...bridge, containerDefinitions: [{ ...web, memoryReservation: 64 }] })
  })

  test('without awsvpc host ports are free ones', async (t) => {
    const world = await startEcs(t)
    const bridge = { requiresCompatibilities: [], networkMode: 'bridge' as const }
    const portMappings = [{ containerPort: 80, hostPort: 8080 }]
    await assertRefused(
      registerWeb(world, { ...bridge, containerDefinitions: [{ ...web, portMappings }] }),
      'ClientException',
      /^Container 'web': hostPort 8080 is not supported by Teal yet\. Leave it out or set it to 0/,
    )
    const taskDefinition = await registerWeb(world, {
      ...bridge,
      containerDefinitions: [
        { ...web, portMappings: [{ containerPort: 80 }] },
        { ...web, name: 'other', portMappings: [{ containerPort: 80, hostPort: 0 }] },
      ],
    })
    const answer = await world.client.send(new DescribeTaskDefinitionCommand({ taskDefinition }))
    const mappings = answer.taskDefinition?.containerDefinitions?.map((container) => container.portMappings)
    const free = [{ containerPort: 80, hostPort: 0, protocol: 'tcp' }]
    assert.deepEqual(mappings, [free, free])
  })

  test('what would change how a container runs and is not done yet is refused by name', async (t) => {
    const world = await startEcs(t)
    for (const members of unsupported) {
      const [member = ''] = Object.keys(members)
      await t.test(member, () =>
        assertRefused(
          registerWeb(world, { containerDefinitions: [{ ...web, ...members }] }),
          'ClientException',
          new RegExp(`^Container 'web': ${member} is not supported by Teal yet\\. [A-Z]`),
        ),
      )
    }
  })

  test('empty lists and false of what is not done yet are fine', async (t) => {
    const world = await startEcs(t)
    const containerDefinitions: ContainerDefinition[] = [
      {
        ...web,
        secrets: [],
        dependsOn: [],
        links: [],
        readonlyRootFilesystem: false,
        privileged: false,
        linuxParameters: { capabilities: { add: [], drop: [] }, initProcessEnabled: false },
        restartPolicy: { enabled: false },
      },
    ]
    await registerWeb(world, { containerDefinitions })
  })
})
