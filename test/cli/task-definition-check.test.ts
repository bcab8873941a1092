import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { taskDefinitionFileFindings } from '../../src/cli/task-definition-check.ts'
import { teal } from './command-line.ts'

const container = { name: 'web', image: 'hello:2', portMappings: [{ containerPort: 8080 }] }

test('members that ECS does not know are errors, and the nearest one is named', async () => {
  const portMappings = [{ containerPort: 8080, hostport: 80 }]
  const file = { family: 'web', memmory: '512', containerDefinitions: [{ ...container, portMappings, xyzzy: 1 }] }
  assert.deepEqual(await told(file), [
    'memmory is no member of a task definition that ECS knows. Write memory, if that is meant, or take it out.',
    'hostport is no member of containerDefinitions[0].portMappings[0] that ECS knows. Write hostPort, if that is meant, or take it out.',
    'xyzzy is no member of containerDefinitions[0] that ECS knows. Take it out.',
  ])
})

test('values of another type than ECS takes are errors', async () => {
  const wrong = { name: 5, image: ['a'], essential: 'no', cpu: '1', environment: {}, dockerLabels: { one: 1 } }
  assert.deepEqual(await told({ family: 'web', cpu: 256, containerDefinitions: [null, wrong] }), [
    'cpu is a number. Write a text.',
    'containerDefinitions[0] is null. Write a mapping.',
    'containerDefinitions[1].name is a number. Write a text.',
    'containerDefinitions[1].image is a list. Write a text.',
    'containerDefinitions[1].essential is a text. Write true or false.',
    'containerDefinitions[1].cpu is a text. Write a number.',
    'containerDefinitions[1].environment is a mapping. Write a list.',
    'containerDefinitions[1].dockerLabels.one is a number. Write a text.',
  ])
  assert.deepEqual(await told({ containerDefinitions: { web: container } }), [
    'containerDefinitions is a mapping. Write a list.',
  ])
})

test('members of answers, null and labels of any name are none', async () => {
  const labelled = { ...container, memory: 64, dockerLabels: { anything: 'goes' }, command: null }
  const file = { family: 'web', revision: 3, status: 'ACTIVE', tags: null, containerDefinitions: [labelled] }
  assert.deepEqual(await told(file), [])
  for (const example of ['hello', 'webserver', 'blog']) {
    assert.deepEqual(await told(JSON.parse(readFileSync(`examples/${example}/taskdef.json`, 'utf8'))), [], example)
  }
})

test('what RegisterTaskDefinition refuses of well-formed files is an error, in its words', async () => {
  const web = { ...container, memory: 64 }
  const file = { family: 'web', networkMode: 'awsvpx', containerDefinitions: [{ memory: 1.5, image: 'hello:2' }] }
  assert.deepEqual(await told(file), [
    'containerDefinitions[0].memory is 1.5. Write an integer.',
    'networkMode is awsvpx. Write one of awsvpc, bridge, host, none.',
  ])
  const volumes = { ...web, mountPoints: [{ sourceVolume: 'data', containerPath: '/data' }] }
  assert.deepEqual(await told({ family: 'web', containerDefinitions: [volumes] }), [
    "ECS refuses the task definition: Unknown volume 'data'. Change that; the file is registered as it is.",
  ])
  const other = { ...web, name: 'other', portMappings: [], healthCheck: { command: ['true'] } }
  const [finding] = await taskDefinitionFileFindings({ family: 'web', containerDefinitions: [web, other] })
  assert.deepEqual(finding?.where.field, ['containerDefinitions', 1])
  const fargate = { requiresCompatibilities: ['FARGATE'], networkMode: 'awsvpc', cpu: '256', memory: '3000' }
  assert.deepEqual(await told({ family: 'web', ...fargate, containerDefinitions: [web] }), [
    'ECS refuses the task definition: No Fargate configuration exists for given values: 256 CPU, 3000 memory. See the Amazon ECS documentation for the valid values. Change that; the file is registered as it is.',
  ])
})

test('what Teal alone refuses is a warning; placeholders are judged by whoever fills them in', async () => {
  const web = { ...container, memory: 64, privileged: true }
  const findings = await taskDefinitionFileFindings({ family: 'web', containerDefinitions: [web] })
  assert.deepEqual(
    findings.map(({ severity, what, how }) => [severity, what, how]),
    [['warning', "Container 'web': privileged is not supported by Teal yet.", 'Remove it or set it to false.']],
  )
  assert.deepEqual(await told({ family: '<FAMILY>', containerDefinitions: [web] }), [])
  const image = '<IMAGE1_NAME>'
  const wrong = { ...container, image, memory: 64, healthCheck: { command: ['true'] } }
  assert.equal((await told({ family: 'web', containerDefinitions: [wrong] })).length, 1)
})

test('verify and deploy tell where they stand, before anything is asked of anybody', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'teal-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  const [appSpec, taskDefinition] = [join(directory, 'appspec.yaml'), join(directory, 'taskdef.json')]
  cpSync('examples/hello/appspec.yaml', appSpec)
  writeFileSync(
    taskDefinition,
    '{\n  "family": "hello",\n  "containerDefinitions": [\n    { "name": "web", "image": "hello:2", "enviroment": [] }\n  ],\n  "cpu": 256\n}\n',
  )
  const files = ['--appspec', appSpec, '--task-definition', taskDefinition, '--endpoint-url', 'http://127.0.0.1:1']
  const verified = await teal('verify', '--no-live', ...files)
  assert.equal(verified.exitCode, 1)
  assert.match(verified.output, /error: enviroment is no member of containerDefinitions\[0\] that ECS knows\./)
  assert.match(verified.output, /taskdef\.json:4:42\s+containerDefinitions\[0\]\.enviroment/)
  assert.deepEqual(await teal('deploy', ...files), {
    exitCode: 1,
    output: '',
    errors: `teal: ${taskDefinition}:4:42: enviroment is no member of containerDefinitions[0] that ECS knows. Write environment, if that is meant, or take it out.\n${taskDefinition}:6:3: cpu is a number. Write a text.\n`,
  })
})

async function told(file: Readonly<Record<string, unknown>>): Promise<readonly string[]> {
  return (await taskDefinitionFileFindings(file)).map(({ what, how }) => `${what} ${how}`)
}
