import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { placeholdersIn, readOnlyMembers, registrable, withImages } from '../../src/domain/task-definition-file.ts'

const file = {
  family: 'hello',
  taskDefinitionArn: 'arn',
  revision: 3,
  pidMode: null,
  containerDefinitions: [
    { name: 'web', image: '<IMAGE1_NAME>', environment: [{ name: 'IMAGE', value: 'of <IMAGE1_NAME>' }] },
    { name: 'log', image: 'log:1' },
  ],
}

describe('the file of a task definition', () => {
  test('gets images by the name of a container, or of a placeholder wherever it stands', () => {
    const images = [
      { name: 'IMAGE1_NAME', image: 'hello:2' },
      { name: 'log', image: 'log:2' },
    ]
    const { filled, unknown } = withImages(file, images)
    assert.deepEqual(unknown, [])
    assert.deepEqual(filled['containerDefinitions'], [
      { name: 'web', image: 'hello:2', environment: [{ name: 'IMAGE', value: 'of hello:2' }] },
      { name: 'log', image: 'log:2' },
    ])
    assert.deepEqual(placeholdersIn(filled), [])
  })

  test('keeps what is no container as it is, for whoever checks it', () => {
    for (const containerDefinitions of [[null, { name: 'web' }], { web: {} }]) {
      const { filled } = withImages({ family: 'web', containerDefinitions }, [])
      assert.deepEqual(filled['containerDefinitions'], containerDefinitions)
    }
  })

  test('tells its placeholders, and names of images that are for nothing', () => {
    assert.deepEqual(placeholdersIn(file), ['<IMAGE1_NAME>'])
    assert.deepEqual(withImages(file, [{ name: 'api', image: 'x' }]).unknown, ['api'])
  })

  test('loses what ECS answers and does not take', () => {
    assert.deepEqual(readOnlyMembers(file), ['taskDefinitionArn', 'revision'])
    assert.deepEqual(Object.keys(registrable(file)), ['family', 'containerDefinitions'])
  })
})
