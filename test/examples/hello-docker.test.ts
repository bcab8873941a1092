import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { nodeImage, withoutDocker } from '../adapters/docker-world.ts'
import { helloImage } from '../survival/docker-stage.ts'
import { Stage } from './stage.ts'

const withoutAws = spawnSync('aws', ['--version']).status === 0 ? false : 'There is no `aws` on this machine.'

test(
  'hello: a good green goes live and a broken one does not, in Docker',
  {
    skip: withoutAws || (await withoutDocker()),
  },
  async (t) => {
    const stage = await Stage.open(t, { minute: '300ms', runtime: 'docker' })
    await stage.shell(`node examples/hello/setup.ts ${await helloImage('1')}`)

    assert.equal((await stage.ended(await deployed(stage, await helloImage('2')))).status, 'Succeeded')
    assert.equal(await answeringVersion(stage), '2')

    const refused = await deployed(stage, await brokenImage())
    assert.equal((await stage.ended(refused)).errorInformation?.code, 'HOOK_EXECUTION_FAILURE')
    const event = await stage.lifecycleEvent(refused, 'BeforeAllowTraffic')
    assert.match(event?.diagnostics?.logTail ?? '', /GET http:\/\/localhost:\d+\/ was answered with 404/)
    assert.equal(await answeringVersion(stage), '2')
    await stage.close()
  },
)

/** Version 3 has lost its page. */
function brokenImage(): Promise<string> {
  const page = "case 'GET /':"
  const server = readFileSync(new URL('../../examples/hello/server.mjs', import.meta.url), 'utf8')
  assert.ok(server.includes(page))
  const files = { 'server.mjs': server.replace(page, "case 'GET /lost':"), 'version.txt': '3\n' }
  return nodeImage(files, ['CMD ["node", "server.mjs"]'])
}

/** What the README does with an image, for one that Docker has. */
async function deployed(stage: Stage, image: string): Promise<string> {
  const output = await stage.shell(`
    TASK_DEFINITION=$(aws ecs register-task-definition --query taskDefinition.taskDefinitionArn --output text \\
      --cli-input-json "$(sed 's|<IMAGE1_NAME>|${image}|' examples/hello/taskdef.json)")
    sed "s|<TASK_DEFINITION>|$TASK_DEFINITION|" examples/hello/appspec-checked.yaml |
      aws s3 cp - s3://hello-revisions/appspec.yaml
    aws deploy create-deployment --query deploymentId --output text \\
      --cli-input-json file://examples/hello/deployment.json`)
  return output.trim().split('\n').at(-1) ?? ''
}

async function answeringVersion({ productionUrl }: Stage): Promise<string | null> {
  const page = await fetch(productionUrl)
  return page.headers.get('x-hello-version')
}
