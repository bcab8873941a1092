import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { aWorld } from '../world/deployment-world.ts'
import { alarmName, putAlarm } from '../world/furnished-world.ts'

const watching = { enabled: true, ignorePollAlarmFailure: false, alarms: [{ name: alarmName }] }

describe('the alarms of a deployment', () => {
  test('stop it when one fires, with the names of those that did and why', async () => {
    const world = await aWorld()
    putAlarm(world.engine.store, 'OK')
    const { deploymentId } = world.create({ alarms: watching, terminationWaitInMinutes: 100 })
    await world.until(() => world.deployment(deploymentId).instanceTerminationWaitTimeStarted)
    putAlarm(world.engine.store, 'ALARM')
    const stopped = await world.ended(deploymentId)
    assert.equal(stopped.status, 'Stopped')
    assert.equal(stopped.errorInformation?.code, 'ALARM_ACTIVE')
    assert.match(stopped.errorInformation.message, /One or more alarms have been activated/)
    assert.match(
      stopped.errorInformation.message,
      /Activated alarms: <too-many-errors> too-many-errors: It was set to ALARM\./,
    )
  })

  test('let it be when they have too little data, and when they are switched off', async () => {
    const world = await aWorld()
    putAlarm(world.engine.store, 'INSUFFICIENT_DATA')
    assert.equal((await world.deploy({ alarms: watching })).status, 'Succeeded')
    putAlarm(world.engine.store, 'ALARM')
    const off = { ...watching, enabled: false }
    const next = await world.deploy({
      alarms: off,
      taskDefinition: world.engine.store.taskDefinitions.list()[0]?.taskDefinitionArn ?? '',
    })
    assert.equal(next.status, 'Succeeded')
  })

  test('stop it when they cannot be read, unless that is to be ignored', async () => {
    const world = await aWorld()
    const stopped = await world.deploy({ alarms: watching })
    assert.equal(stopped.status, 'Stopped')
    assert.match(stopped.errorInformation?.message ?? '', /The state of alarm too-many-errors could not be read/)
    const ignoring = { ...watching, ignorePollAlarmFailure: true }
    assert.equal((await world.deploy({ alarms: ignoring })).status, 'Succeeded')
  })

  test('that fired stop it also when the engine is killed at that moment', async () => {
    const world = await aWorld()
    putAlarm(world.engine.store, 'OK')
    const { deploymentId } = world.create({ alarms: watching, terminationWaitInMinutes: 100 })
    await world.until(() => world.deployment(deploymentId).instanceTerminationWaitTimeStarted)
    world.killAfterWrites(2)
    putAlarm(world.engine.store, 'ALARM')
    await world.until(() => world.wasKilled)
    const stopped = await world.ended(deploymentId)
    assert.equal(stopped.errorInformation?.code, 'ALARM_ACTIVE')
  })
})
