import assert from 'node:assert/strict'
import { isTerminal } from '../../src/domain/deployment.ts'
import type { Deployment } from '../../src/domain/deployment.ts'
import { arn } from '../../src/domain/identifiers.ts'
import { targetKey } from '../../src/domain/routing-table.ts'
import type { RoutingTable } from '../../src/domain/routing-table.ts'
import type { Store } from '../../src/engine/store.ts'
import { names } from './furnished-world.ts'
import type { SimulatedMachine } from './simulated-machine.ts'

const retryMilliseconds = 1_000

/** What must hold at every moment, whatever goes wrong. Looked at after every event of the simulated world. */
export class Invariants {
  readonly #machine: SimulatedMachine
  #table: RoutingTable | undefined
  /** Traffic that a group without a healthy target was given a moment ago: the deployment has to take it back at once. */
  #wrong: { readonly listenerArn: string; readonly targetGroupArn: string; readonly since: number } | undefined

  constructor(machine: SimulatedMachine) {
    this.#machine = machine
  }

  /** While the disk is full no engine can change anything, and it tries again a second later at the latest. */
  check(store: Store, now: number, { diskIsFullUntil = 0 } = {}): void {
    if (this.#wrong !== undefined && now < diskIsFullUntil + retryMilliseconds) {
      this.#wrong = { ...this.#wrong, since: now }
    }
    this.#weightsSumTo100(store)
    this.#noWeightWithoutHealthyTarget(now)
    onePrimary(store)
    for (const deployment of store.deployments.list()) {
      if (!isTerminal(deployment.status)) blueKeepsItsTasks(store, deployment)
    }
  }

  /** What must hold once a deployment, and its rollback where there is one, have ended. */
  checkEnd(store: Store, deploymentId: string, now: number): void {
    this.check(store, now)
    const deployment = store.deployments.get(deploymentId)
    assert(deployment?.completeTime !== undefined)
    const unfinished = deployment.lifecycleEvents.filter(({ status }) => /Pending|InProgress/.test(status))
    assert.deepEqual(unfinished, [], 'every lifecycle event has ended or was skipped')
    const { plan, status, group } = deployment
    if (plan === undefined) return
    const primary = store.taskSets.list().find((taskSet) => taskSet.status === 'PRIMARY')
    const taskSetIds = store.taskSets.list().map(({ taskSetId }) => taskSetId)
    if (status === 'Succeeded') {
      assert.equal(primary?.taskSetId, plan.green.taskSetId, 'green is PRIMARY after success')
      if (group.terminateBlueInstances.action === 'TERMINATE') assert.deepEqual(taskSetIds, [plan.green.taskSetId])
      assert.deepEqual(shares(this.#machine.table, names.prodListenerArn), { [plan.green.targetGroupArn]: 100 })
      return
    }
    assert.notEqual(deployment.errorInformation, undefined)
    const rollbackId = deployment.rollbackInfo?.rollbackDeploymentId
    if (rollbackId === undefined || store.deployments.get(rollbackId)?.status !== 'Succeeded') return
    assert.equal(primary?.taskSetId, plan.blue.taskSetId, 'blue is PRIMARY after a rollback')
    assert(!taskSetIds.includes(plan.green.taskSetId), 'green is gone after a rollback')
    assert.deepEqual(shares(this.#machine.table, names.prodListenerArn), { [plan.blue.targetGroupArn]: 100 })
  }

  #weightsSumTo100(store: Store): void {
    for (const { defaultActions } of store.listeners.list()) {
      for (const action of defaultActions) {
        if (action.type !== 'forward' || action.targetGroups.length === 1) continue
        const sum = action.targetGroups.reduce((total, { weight }) => total + weight, 0)
        assert.equal(sum, 100, 'the weights of a listener sum to 100')
      }
    }
  }

  /** A group may lose its tasks while it has traffic, but no change gives it traffic which only others could take. */
  #noWeightWithoutHealthyTarget(now: number): void {
    const { table } = this.#machine
    const before = this.#table
    this.#table = table
    if (before !== undefined && before !== table) {
      for (const { listenerArn } of table.listeners) this.#noteGained(listenerArn, before, now)
    }
    if (this.#wrong === undefined) return
    const { listenerArn, targetGroupArn, since } = this.#wrong
    const hasWeight = (shares(table, listenerArn)[targetGroupArn] ?? 0) > 0
    if (!hasWeight || this.#hasHealthyTarget(table, targetGroupArn)) this.#wrong = undefined
    else assert(now - since < 200, 'no weight is given to a group without a healthy target')
  }

  #noteGained(listenerArn: string, before: RoutingTable, now: number): void {
    const { table } = this.#machine
    const weights = shares(table, listenerArn)
    const weightsBefore = shares(before, listenerArn)
    const isHealthy = (targetGroupArn: string): boolean => this.#hasHealthyTarget(table, targetGroupArn)
    const groups = new Set([...Object.keys(weights), ...Object.keys(weightsBefore)])
    if (![...groups].some(isHealthy)) return
    for (const [targetGroupArn, weight] of Object.entries(weights)) {
      if (weight <= (weightsBefore[targetGroupArn] ?? 0) || isHealthy(targetGroupArn)) continue
      this.#wrong ??= { listenerArn, targetGroupArn, since: now }
    }
  }

  #hasHealthyTarget(table: RoutingTable, targetGroupArn: string): boolean {
    const targets = table.targetGroups.get(targetGroupArn)?.targets ?? []
    return targets.some((target) => !target.draining && this.#machine.isHealthy(targetKey(targetGroupArn, target)))
  }
}

function onePrimary(store: Store): void {
  const primaries = store.taskSets.list().filter(({ status }) => status === 'PRIMARY')
  assert.equal(primaries.length, store.taskSets.list().length === 0 ? 0 : 1, 'exactly one PRIMARY task set')
}

/** The way back stays open until the procedure's point of no return. */
function blueKeepsItsTasks(store: Store, { plan, pastPointOfNoReturn }: Deployment): void {
  if (plan === undefined || pastPointOfNoReturn) return
  const blue = store.taskSets.get(arn.taskSet(plan.serviceArn, plan.blue.taskSetId))
  assert(blue !== undefined && blue.status !== 'DRAINING', 'blue is not deleted before the point of no return')
  assert.equal(blue.scalePercent, 100, 'blue keeps its desired count')
  const desired = store.services.get(plan.serviceArn)?.desiredCount ?? 0
  const ofBlue = store.tasks.list().filter(({ taskSetId }) => taskSetId === plan.blue.taskSetId)
  const wanted = ofBlue.filter(({ desiredStatus }) => desiredStatus === 'RUNNING').length
  const hasFailures = ofBlue.some(({ stopCode }) => stopCode !== undefined)
  assert(wanted >= desired || hasFailures, 'none of blue’s tasks is taken away but for failing')
}

/** Target group → its share of the listener's traffic, those without any left out. */
function shares(table: RoutingTable, listenerArn: string): Readonly<Record<string, number>> {
  const action = table.listeners.find((listener) => listener.listenerArn === listenerArn)?.defaultAction
  if (action?.type !== 'forward') return {}
  return Object.fromEntries(
    action.targetGroups
      .filter(({ weight }) => weight > 0)
      .map(({ targetGroupArn, weight }) => [targetGroupArn, weight]),
  )
}
