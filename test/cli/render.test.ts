import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { teal } from './command-line.ts'

const arn = 'arn:aws:ecs:us-east-1:000000000000:task-definition/hello:2'
const files = ['--appspec', 'examples/hello/appspec.yaml', '--task-definition', 'examples/hello/taskdef.json']
const filled = ['--image', 'web=hello:2', '--task-definition-arn', arn]

describe('teal render', () => {
  test('prints both files filled in, as two documents of YAML or as JSON', async () => {
    const [text, json] = await Promise.all([
      teal('render', ...files, ...filled),
      teal('render', ...files, ...filled, '--json'),
    ])
    assert.deepEqual([text.exitCode, text.errors, json.exitCode], [0, '', 0])
    const documents = parseAllDocuments(text.output).map((document) => document.toJS() as unknown)
    const { taskDefinition, appSpec } = JSON.parse(json.output)
    assert.deepEqual(documents, [taskDefinition, appSpec])
    assert.equal(taskDefinition.containerDefinitions[0].image, 'hello:2')
    assert.equal(appSpec.Resources[0].TargetService.Properties.TaskDefinition, arn)
  })

  test('refuses what is not filled in, and says how to', async () => {
    const [definition, appSpec, image] = await Promise.all([
      teal('render', 'task-definition', ...files),
      teal('render', 'appspec', ...files),
      teal('render', 'task-definition', ...files, '--image', 'api=x:1'),
    ])
    assert.equal(definition.exitCode, 1)
    assert.match(
      definition.errors,
      /^teal: .*taskdef\.json still holds <IMAGE1_NAME>: fill it in with --image IMAGE1_NAME=NAME:TAG/,
    )
    assert.match(appSpec.errors, /still holds <TASK_DEFINITION>: fill it in with --task-definition-arn ARN/)
    assert.match(image.errors, /--image api: .* has no such container or placeholder; it has web, <IMAGE1_NAME>/)
  })

  test('says that a registered task definition is no file, and what takes its ARN', async () => {
    for (const what of ['task-definition', 'appspec']) {
      const { exitCode, output, errors } = await teal(
        'render',
        what,
        ...files.slice(0, 2),
        '--task-definition',
        'hello:2',
      )
      assert.deepEqual([exitCode, output], [1, ''])
      assert.match(
        errors,
        /^teal: there is no file hello:2, as --task-definition names\. .* is --task-definition-arn\.$/m,
      )
    }
  })
})
