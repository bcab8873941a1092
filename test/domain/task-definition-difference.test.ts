import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { taskDefinitionDifferences } from '../../src/domain/task-definition-difference.ts'

const file = {
  family: 'hello',
  networkMode: 'awsvpc',
  cpu: '.25 vCPU',
  memory: '0.5 GB',
  requiresCompatibilities: ['FARGATE', 'EC2'],
  containerDefinitions: [
    {
      name: 'web',
      image: 'hello:1',
      portMappings: [{ containerPort: 8080 }],
      healthCheck: { command: ['CMD', 'true'] },
    },
    { name: 'log', image: 'log:1', command: ['a', 'b'] },
  ],
}

/** As DescribeTaskDefinition answers of the same. */
const answered = {
  ...file,
  cpu: '256',
  memory: '512',
  requiresCompatibilities: ['EC2', 'FARGATE'],
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:1:task-definition/hello:1',
  revision: 1,
  status: 'ACTIVE',
  volumes: [],
  placementConstraints: [],
  containerDefinitions: [
    { name: 'log', image: 'log:1', command: ['a', 'b'], cpu: 0, essential: true, environment: [], portMappings: [] },
    {
      name: 'web',
      image: 'hello:1',
      cpu: 0,
      essential: true,
      environment: [],
      mountPoints: [],
      portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
      healthCheck: { command: ['CMD', 'true'], interval: 30, timeout: 5, retries: 3 },
    },
  ],
}

describe('two task definitions', () => {
  test('are the same where one has what ECS fills in, in another order', () => {
    assert.deepEqual(taskDefinitionDifferences(answered, file), [])
    assert.deepEqual(taskDefinitionDifferences(file, answered), [])
  })

  test('are compared container by container, variable by variable, port by port', () => {
    const [web, log] = file.containerDefinitions
    const changed = {
      ...file,
      memory: '1024',
      requiresCompatibilities: ['FARGATE'],
      containerDefinitions: [
        {
          ...web,
          image: 'hello:2',
          essential: false,
          environment: [{ name: 'LEVEL', value: '2' }],
          portMappings: [{ containerPort: 8080 }, { containerPort: 9090 }],
        },
        { name: 'proxy', image: 'proxy:1' },
        { ...log, command: ['b', 'a'] },
      ],
    }
    const found = taskDefinitionDifferences(answered, changed).map(({ kind, path }) => `${kind} ${path}`)
    assert.deepEqual(found.toSorted(), [
      'added containerDefinitions[proxy]',
      'added containerDefinitions[web].environment',
      'added containerDefinitions[web].essential',
      'added containerDefinitions[web].portMappings[9090]',
      'changed containerDefinitions[log].command',
      'changed containerDefinitions[web].image',
      'changed memory',
      'changed requiresCompatibilities',
    ])
  })
})
