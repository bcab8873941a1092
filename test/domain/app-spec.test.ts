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
