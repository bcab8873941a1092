import { CodeDeployClient, CreateDeploymentCommand } from '@aws-sdk/client-codedeploy'
import { ECSClient, RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Stage } from './stage.ts'

const folder = new URL('../../examples/hello/', import.meta.url)
const textOf = (file: string): string => readFileSync(new URL(file, folder), 'utf8')

/** AWS's own waiter looks every fifteen seconds; this one does what it does, sooner. */
const impatience = `
aws() {
  if [ "$1 $2" != 'deploy wait' ]; then command aws "$@"; return; fi
  while :; do
    case $(command aws deploy get-deployment --deployment-id "$5" --query deploymentInfo.status --output text) in
      Succeeded) return 0 ;;
      Failed | Stopped) return 255 ;;
    esac
    sleep 0.5
  done
}
`

test('hello: a good green goes live, a broken one does not, and it says which request was answered how', async (t) => {
  if (spawnSync('aws', ['--version']).status !== 0) return t.skip('There is no `aws` on this machine.')
  const stage = await Stage.open(t, { minute: '300ms' })
  const output = await stage.shell(impatience + stage.commandsOf('hello').join('\n'))
  assert.match(output, /hello:1 serves at http:\/\/localhost:\d+; green is tested at http:\/\/localhost:\d+/)
  const pages = [...output.matchAll(/<h1>Hello, this is version (\d)/g)].map(([, version]) => version)
  assert.deepEqual(pages, ['2', '2'], output)
  assert.match(output, /^Deployment d-\w+: Failed$/m)
  assert.match(output, /^ {2}BeforeAllowTraffic +Failed/m)
  const said = output.replaceAll(/\s+/g, ' ')
  assert.ok(
    said.includes(`GET http://localhost:${new URL(stage.testUrl).port}/ was answered with 404: There is no`),
    said,
  )
  await stage.close()
})

test('hello: its deployment.json is a CreateDeployment of any SDK, and setting up twice is setting up once', async (t) => {
  const stage = await Stage.open(t, { minute: '300ms' })
  await stage.shell(`
    npx teal build examples/hello --tag hello:1
    cp -r examples/hello hello-2
    sed 's/return send(response, 200, .text.html; charset=utf-8., page())/throw new Error("broken")/' \\
      examples/hello/server.mjs > hello-2/server.mjs
    npx teal build hello-2 --tag hello:2
node examples/hello/setup.ts hello:1
node examples/hello/setup.ts hello:1`)
  const definition = JSON.parse(textOf('taskdef.json').replace('<IMAGE1_NAME>', 'hello:2'))
  const { taskDefinition } = await new ECSClient(stage.configuration).send(
    new RegisterTaskDefinitionCommand(definition),
  )
  const Body = textOf('appspec-checked.yaml').replace('<TASK_DEFINITION>', taskDefinition?.taskDefinitionArn ?? '')
  const s3 = new S3Client({ ...stage.configuration, forcePathStyle: true })
  await s3.send(new PutObjectCommand({ Bucket: 'hello-revisions', Key: 'appspec.yaml', Body }))
  const codeDeploy = new CodeDeployClient(stage.configuration)
  const { deploymentId = '' } = await codeDeploy.send(
    new CreateDeploymentCommand(JSON.parse(textOf('deployment.json'))),
  )

  const { status, errorInformation } = await stage.ended(deploymentId)
  assert.deepEqual([status, errorInformation?.code], ['Failed', 'HOOK_EXECUTION_FAILURE'])
  const event = await stage.lifecycleEvent(deploymentId, 'BeforeAllowTraffic')
  assert.match(event?.diagnostics?.logTail ?? '', /GET http:\/\/localhost:\d+\/ was answered with 502/)
  const page = await fetch(stage.productionUrl)
  assert.equal(page.headers.get('x-hello-version'), '1')
  await page.text()
  await stage.close()
})
