/**
 * Writes `test/fixtures/journals/`: the journals of a few deployments as this version's procedures write them. Every later
 * version has to be able to go on with them, so a fixture is added and never changed: run
 * `node scripts/record-journals.ts NAME` to add the present ones under a name, for instance that of a release.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { aWorld } from '../test/world/deployment-world.ts'
import type { World } from '../test/world/deployment-world.ts'

const [name] = process.argv.slice(2)
if (name === undefined) throw new Error('Name the fixtures: node scripts/record-journals.ts NAME')
const directory = new URL(`../test/fixtures/journals/${name}/`, import.meta.url)
mkdirSync(directory, { recursive: true })

const everyRollback = ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST'] as const
await record('all-at-once', {}, async (world) => void (await world.deploy({ terminationWaitInMinutes: 0 })))
await record('canary-with-hooks', {}, async (world) => {
  const hooks = { BeforeInstall: 'succeeds', AfterAllowTestTraffic: 'succeeds', AfterAllowTraffic: 'succeeds' }
  const trafficRouting = { type: 'TimeBasedCanary', canaryPercentage: 10, canaryInterval: 5 } as const
  await world.deploy({ testListener: true, trafficRouting, hooks, readyWaitInMinutes: 0 })
})
await record('linear', {}, async (world) => {
  const trafficRouting = { type: 'TimeBasedLinear', linearPercentage: 25, linearInterval: 1 } as const
  await world.deploy({ trafficRouting })
})
await record('hook-failed-and-rolled-back', {}, async (world) => {
  const failed = await world.deploy({ hooks: { BeforeAllowTraffic: 'fails' }, rollbackOn: everyRollback })
  await world.ended(failed.rollbackInfo?.rollbackDeploymentId ?? '')
})
await record('never-healthy', { green: 'sick' }, async (world) => void (await world.deploy({ rollbackOn: [] })))
await record('stopped-and-rolled-back', {}, async (world) => {
  const { deploymentId } = world.create({ testListener: true, rollbackOn: everyRollback })
  await world.until(() => world.deployment(deploymentId).instanceTerminationWaitTimeStarted)
  world.engine.deployments.stop(deploymentId, undefined)
  const stopped = await world.ended(deploymentId)
  await world.ended(stopped.rollbackInfo?.rollbackDeploymentId ?? '')
})

async function record(
  story: string,
  wishes: Parameters<typeof aWorld>[0],
  perform: (world: World) => Promise<void>,
): Promise<void> {
  const world = await aWorld(wishes)
  await perform(world)
  const { deployments, journal } = world.engine.store
  const text = JSON.stringify({ deployments: deployments.list(), journal: journal.list() })
  writeFileSync(new URL(`${story}.json`, directory), `${text}\n`)
}
