import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppSpecError, readAppSpecTree } from '../../src/domain/app-spec.ts'

test('an AppSpec is read from a tree that a client has parsed and changed', () => {
  const properties = { TaskDefinition: 'web:2', LoadBalancerInfo: { ContainerName: 'web', ContainerPort: '80' } }
  const tree = {
    version: '0.0',
    Resources: [{ Any: { Type: 'AWS::ECS::Service', Properties: properties } }],
    Hooks: null,
  }
  assert.deepEqual(readAppSpecTree(tree), {
    taskDefinition: 'web:2',
    containerName: 'web',
    containerPort: 80,
    hooks: [],
  })
})

test('an error of a tree says the place, and has no line to say', () => {
  const error = errorOf({
    version: 0,
    Resources: [{ Any: { Type: 'AWS::ECS::Service', Properties: { TaskDefinition: 5 } } }],
  })
  assert.deepEqual(error.path, ['Resources', 0, 'Any', 'Properties', 'TaskDefinition'])
  assert.match(
    error.message,
    /invalid configuration\. Resources\[0\]\.Any\.Properties\.TaskDefinition is a number, not a text\./,
  )
})

test('everything that is wrong is told at once', () => {
  const network = { AwsvpcConfiguration: { Subnets: [], SecurityGroups: ['', 'sg-1'] } }
  const { message, others } = errorOf({
    version: 5,
    files: [],
    Resources: [
      {
        Any: {
          Type: 'AWS::Lambda::Function',
          Properties: {
            TaskDefinition: '',
            LoadBalancerInfo: { ContainerPort: 99_999 },
            PlatformVersion: 1.4,
            NetworkConfiguration: network,
            CapacityProviderStrategy: [{ Base: -1 }, { CapacityProvider: 'A', Weight: 'x' }],
          },
        },
      },
    ],
    Hooks: [{ Install: 'a', BeforeInstall: 'b' }, { beforeInstall: 'c' }, { AfterAllowTrafic: 'd' }],
  })
  assert.match(message, /invalid configuration\. files belongs to AppSpecs of EC2/)
  const properties = 'Resources[0].Any.Properties'
  assert.deepEqual(
    others.map(({ detail }) => detail.split(' ')[0]),
    [
      'version',
      'Resources[0].Any.Type',
      ...[
        'TaskDefinition',
        'LoadBalancerInfo.ContainerName',
        'LoadBalancerInfo.ContainerPort',
        'PlatformVersion',
        'NetworkConfiguration.AwsvpcConfiguration.Subnets',
        'NetworkConfiguration.AwsvpcConfiguration.SecurityGroups[0]',
        'NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp',
        'CapacityProviderStrategy[0].CapacityProvider',
        'CapacityProviderStrategy[0].Base',
        'CapacityProviderStrategy[1].Weight',
      ].map((member) => `${properties}.${member}`),
      'Hooks[0].Install',
      'Hooks[1].beforeInstall',
      'Hooks[2].AfterAllowTrafic',
    ],
  )
})

test('a key that is mistyped is not told as missing, and what stands in it is', () => {
  const properties = { TaskDefinition: 'web:2', LoadBalancerInf: { ContainerName: 'web', ContainrPort: 'none' } }
  const error = errorOf({ version: 0, Resources: [{ Any: { Type: 'AWS::ECS::Service', Properties: properties } }] })
  assert.deepEqual(
    error.all().map(({ detail }) => detail.split('. ')[0]),
    [
      'Resources[0].Any.Properties.LoadBalancerInf is not a key of Properties (did you mean LoadBalancerInfo?)',
      'Resources[0].Any.Properties.LoadBalancerInf.ContainrPort is not a key of LoadBalancerInfo (did you mean ContainerPort?)',
      'Resources[0].Any.Properties.LoadBalancerInf.ContainrPort is "none"',
    ],
  )
})

test('of thousands of errors the first are told', () => {
  const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`key-${at}`, at]))
  assert.equal(errorOf({ ...keys, Resources: [] }).all().length, 25)
  const Hooks = Array.from({ length: 10_000 }, () => ({ Install: 'a' }))
  assert.equal(errorOf({ version: 1, Hooks }).all().length, 25)
})

test('what is no tree at all is refused', () => {
  for (const nothing of [undefined, null]) assert.match(errorOf(nothing).message, /^An AppSpec file is required/)
  for (const value of [[], 'text', 5, true]) assert.match(errorOf(value).message, /The AppSpec is .*, not a mapping/)
})

function errorOf(tree: unknown): AppSpecError {
  try {
    readAppSpecTree(tree)
  } catch (error) {
    assert.ok(error instanceof AppSpecError)
    return error
  }
  return assert.fail('The tree was accepted')
}
