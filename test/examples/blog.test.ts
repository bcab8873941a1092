import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb'
import { DescribeListenersCommand, DescribeLoadBalancersCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { nodeImage, withoutDocker } from '../adapters/docker-world.ts'
import { BlogWriter, postForm } from './blog-writer.ts'
import { Stage, until } from './stage.ts'

const bundle = new URL('../../examples/blog/dist/blog.cjs', import.meta.url)

test('blog: a fifth of the traffic is held at version 2, then all of it; no post is lost or doubled', async (t) => {
  const stage = await Stage.open(t, { minute: '2s' })
  const [setUp = '', deploySecond = ''] = stage.commandsOf('blog')
  await stage.shell(setUp)
  await checkPages(stage.productionUrl)
  await deployUnderWriters(t, stage, { commands: deploySecond, watchHold: true })
})

test('blog: the same in Docker', { skip: await withoutDocker() }, async (t) => {
  const images: string[] = []
  const stage = await Stage.open(t, { minute: '300ms', runtime: 'docker' })
  for (const version of ['1', '2']) {
    await stage.shell(`npm run --silent build:${version} --prefix examples/blog 2>&1`)
    const files = { 'dist/blog.cjs': readFileSync(bundle, 'utf8') }
    images.push(await nodeImage(files, ['CMD ["node", "dist/blog.cjs"]']))
  }
  await stage.shell(`node examples/blog/setup.ts ${images[0]}`)
  await deployUnderWriters(t, stage, {
    commands: `DEPLOYMENT=$(node examples/blog/deploy.ts ${images[1]})`,
    watchHold: false,
  })
})

/** Forms are safe, and what is written is escaped. */
async function checkPages(url: string): Promise<void> {
  const id = randomUUID()
  const fields = { post_id: id, author: 'Ada & Co', title: '<i>"One"</i>', content: '<script>alert(1)</script>' }
  assert.deepEqual(await postForm(`${url}/posts/new`, fields), { status: 303, version: '1', location: `/posts/${id}` })
  const page = await textOf(`${url}/posts/${id}`)
  assert.ok(page.includes('<h1>&lt;i&gt;&quot;One&quot;&lt;/i&gt;</h1>'), page)
  assert.ok(page.includes('Ada &amp; Co') && !page.includes('<script>'), page)
  assert.ok((await textOf(`${url}/posts/${id}/edit`)).includes('value="&lt;i&gt;&quot;One&quot;&lt;/i&gt;"'))

  const foreign = { method: 'POST', body: new URLSearchParams(fields), headers: { origin: 'http://elsewhere.example' } }
  assert.equal((await fetch(`${url}/posts/${id}/delete`, foreign)).status, 403)
  assert.equal((await postForm(`${url}/posts/new`, { ...fields, post_id: randomUUID(), title: ' ' })).status, 400)
  assert.equal((await postForm(`${url}/posts/new`, { ...fields, post_id: '../x' })).status, 400)
  assert.equal((await fetch(`${url}/posts/${randomUUID()}`)).status, 404)
  assert.equal((await fetch(`${url}/posts/${id}/delete`)).status, 404)
  assert.equal((await postForm(`${url}/posts/${id}/delete`, {})).status, 303)
  assert.match(await textOf(url), /Nothing has been written yet/)
}

/** Deploys while people write, and compares the table with what was acknowledged. */
async function deployUnderWriters(
  t: TestContext,
  stage: Stage,
  { commands, watchHold }: { readonly commands: string; readonly watchHold: boolean },
): Promise<void> {
  const writers = Array.from({ length: 3 }, () => new BlogWriter(stage.productionUrl))
  for (const writer of writers) writer.start()
  t.after(() => Promise.all(writers.map((writer) => writer.stop())))
  const answers = (version: string): number => writers.reduce((sum, each) => sum + (each.answers[version] ?? 0), 0)

  const deploymentId = await stage.deploy(commands)
  if (watchHold) await watchHeld(t, stage, answers)
  await until('all goes to version 2', async () => (await greenWeight(stage)) === 100)
  await stage.endTerminationWait(deploymentId)
  assert.equal((await stage.ended(deploymentId)).status, 'Succeeded')
  const later = answers('2')
  await until('version 2 answers', () => Promise.resolve(answers('2') > later))
  await Promise.all(writers.map((writer) => writer.stop()))
  assert.deepEqual(
    writers.flatMap(({ failures }) => failures),
    [],
  )
  assert.match(await textOf(stage.productionUrl), /Version 2/)

  const written = writers.flatMap(({ posts }) => [...posts])
  t.diagnostic(`${written.length} posts; answers of version 1: ${answers('1')}, of version 2: ${answers('2')}`)
  assert.deepEqual((await postsInTable(stage)).toSorted(byId), written.toSorted(byId))
  await stage.close()
}

/** While green is held at a fifth, a fifth of the answers is its. */
async function watchHeld(t: TestContext, stage: Stage, answers: (version: string) => number): Promise<void> {
  await until('a fifth goes to version 2', async () => (await greenWeight(stage)) === 20)
  const before = { version1: answers('1'), version2: answers('2') }
  await keepsSummary(stage)
  while ((await greenWeight(stage)) === 20 && answers('1') - before.version1 < 300) {
    await new Promise((go) => setTimeout(go, 20))
  }
  const held = { version1: answers('1') - before.version1, version2: answers('2') - before.version2 }
  t.diagnostic(`while it was held: ${JSON.stringify(held)}`)
  assertShare(held.version2, held.version1 + held.version2, 0.2)
}

/** Version 1 leaves alone what it does not know of a post, and version 2 what a form of version 1 does not have. */
async function keepsSummary(stage: Stage): Promise<void> {
  const id = randomUUID()
  const post = { post_id: id, author: 'Grace', title: 'With summary', content: 'Text', summary: 'In short' }
  assert.deepEqual(await postForm(`${stage.testUrl}/posts/new`, post), {
    status: 303,
    version: '2',
    location: `/posts/${id}`,
  })
  const seen = new Set<string>()
  await until('both versions have edited it', async () => {
    const edited = { title: 'Edited', content: 'With a form of version 1' }
    seen.add((await postForm(`${stage.productionUrl}/posts/${id}/edit`, edited)).version)
    return seen.size === 2
  })
  assert.match(await textOf(`${stage.testUrl}/posts/${id}`), /<h1>Edited<\/h1>[^]*In short/)
  await postForm(`${stage.testUrl}/posts/${id}/delete`, {})
}

/** Of the production listener, in percent; of a group that was never blue. */
async function greenWeight(stage: Stage): Promise<number> {
  const elb = new ElasticLoadBalancingV2Client(stage.configuration)
  const { LoadBalancers } = await elb.send(new DescribeLoadBalancersCommand({ Names: ['blog'] }))
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn }))
  const listener = Listeners.find(({ Port }) => String(Port) === new URL(stage.productionUrl).port)
  const groups = listener?.DefaultActions?.[0]?.ForwardConfig?.TargetGroups ?? []
  return groups.find(({ TargetGroupArn }) => TargetGroupArn?.includes('/blog-green/'))?.Weight ?? 0
}

/** Within five standard deviations. */
function assertShare(count: number, all: number, share: number): void {
  const tolerance = 5 * Math.sqrt((share * (1 - share)) / Math.max(1, all))
  assert.ok(Math.abs(count / all - share) < tolerance, `${count} of ${all} is not about ${share}`)
}

async function postsInTable(stage: Stage): Promise<readonly (readonly [id: string, title: string])[]> {
  const posts: [string, string][] = []
  const client = new DynamoDBClient(stage.configuration)
  for await (const { Items = [] } of paginateScan({ client }, { TableName: 'BlogPosts' })) {
    posts.push(...Items.map((item): [string, string] => [item['post_id']?.S ?? '', item['title']?.S ?? '']))
  }
  return posts
}

const byId = ([one]: readonly [string, string], [other]: readonly [string, string]): number => one.localeCompare(other)

async function textOf(url: string): Promise<string> {
  return (await fetch(url)).text()
}
