import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { nginxImage, nodeImage, withoutDocker } from '../adapters/docker-world.ts'
import { Stage } from './stage.ts'

const folder = fileURLToPath(new URL('../../examples/webserver/', import.meta.url))
const withoutNginx = spawnSync('nginx', ['-v']).status === 0 ? false : 'There is no nginx on this machine.'
const withoutBoto = spawnSync('python3', ['-c', 'import boto3']).status === 0 ? false : 'There is no boto3 here.'

/** A slash too many: nginx now passes on /items/1 where the shop knows /shop/items/1. */
const mistake = { from: 'proxy_pass http://shop;', to: 'proxy_pass http://shop/;' }

test('webserver: what answers as it did goes live, what does not is taken back', { skip: withoutNginx }, async (t) => {
  const stage = await Stage.open(t, { minute: '300ms' })
  const [setUp = '', deployBroken = ''] = stage.commandsOf('webserver')
  assert.match(await stage.shell(setUp), /^Thing 7$/m)
  const url = stage.productionUrl
  assert.match(await textOf(`${url}/`), /The web server answers/)
  assert.equal(await textOf(`${url}/version.txt`), '1\n')
  assert.equal((await fetch(`${url}/shop/items/99`)).status, 404)
  const moved = await fetch(`${url}/catalogue/7`, { redirect: 'manual' })
  assert.deepEqual([moved.status, moved.headers.get('location')], [301, '/shop/items/7'])
  await isRefused(stage, await stage.deploy(deployBroken), '1')
  await stage.shell(`
    cp -r examples/webserver/. webserver-3; echo 3 > webserver-3/html/version.txt
    npx teal build webserver-3 --tag webserver:3`)
  await goesLive(stage, await stage.deploy(deploying('webserver:3', 'shop:1')), '3')

  if (withoutBoto) t.diagnostic(`The hook in Python was not run. ${withoutBoto}`)
  else {
    await stage.shell('export HOOK=python\nnode examples/webserver/setup.ts webserver:1 shop:1')
    const said = await isRefused(stage, await stage.deploy(deploying('webserver:2', 'shop:1')), '3')
    const verdict = 'TEST RESULT: NOT PASSED: 2 of 43 answered 200'
    if (!said.includes(verdict)) assert.fail(`${said}\nnginx wrote:\n${await stage.shell('npx teal logs --tasks')}`)
    await goesLive(stage, await stage.deploy(deploying('webserver:1', 'shop:1')), '1')
  }
  await stage.close()
})

const withoutBoth = withoutNginx || (await withoutDocker())

test('webserver: the same in Docker', { skip: withoutBoth }, async (t) => {
  const stage = await Stage.open(t, { minute: '300ms', runtime: 'docker' })
  const files = filesOf(['etc', 'html', 'start.sh'])
  const entry = ['ENTRYPOINT ["sh", "start.sh"]']
  const first = await nginxImage(files, entry)
  const shop = await nodeImage({ 'server.mjs': read('backend/server.mjs') }, ['CMD ["node", "server.mjs"]'])
  await stage.shell(`node examples/webserver/setup.ts ${first} ${shop}`)
  const conf = 'etc/nginx/projects.d/shop.conf'
  const broken = (files[conf] ?? '').replace(mistake.from, mistake.to)
  const second = await nginxImage({ ...files, 'html/version.txt': '2\n' }, entry)
  await goesLive(stage, await stage.deploy(deploying(second, shop)), '2')
  const third = await nginxImage({ ...files, 'html/version.txt': '3\n', [conf]: broken }, entry)
  await isRefused(stage, await stage.deploy(deploying(third, shop)), '2')
  await stage.close()
})

const deploying = (image: string, shop: string) => `DEPLOYMENT=$(node examples/webserver/deploy.ts ${image} ${shop})`

async function goesLive(stage: Stage, deploymentId: string, version: string): Promise<void> {
  const { status, errorInformation } = await stage.ended(deploymentId)
  assert.equal(status, 'Succeeded', errorInformation?.message)
  assert.equal(await textOf(`${stage.productionUrl}/version.txt`), `${version}\n`)
}

/** Then this version still answers. Resolves with what the hook has written. */
async function isRefused(stage: Stage, deploymentId: string, version: string): Promise<string> {
  const { status, errorInformation } = await stage.ended(deploymentId)
  assert.deepEqual([status, errorInformation?.code], ['Failed', 'HOOK_EXECUTION_FAILURE'])
  const event = await stage.lifecycleEvent(deploymentId, 'AfterAllowTestTraffic')
  assert.equal(event?.status, 'Failed')
  const said = event?.diagnostics?.logTail ?? ''
  assert.match(said, /\/shop\/items\/\d+/)
  assert.equal(await textOf(`${stage.productionUrl}/version.txt`), `${version}\n`)
  assert.equal(await textOf(`${stage.productionUrl}/shop/items/7`), 'Thing 7\n')
  return said
}

function filesOf(paths: readonly string[]): Record<string, string> {
  const names = paths.flatMap((path) => (path.includes('.') ? [path] : globSync(`${path}/**/*`, { cwd: folder })))
  const files = names.filter((name) => statSync(`${folder}${name}`).isFile())
  return Object.fromEntries(files.map((name) => [name, read(name)]))
}

const read = (file: string): string => readFileSync(`${folder}${file}`, 'utf8')

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text()
}
