import assert from 'node:assert/strict'
import { arn } from '../../src/domain/identifiers.ts'
import { journalKey } from '../../src/domain/journal.ts'
import { serviceBlueGreenDeployment } from '../../src/domain/service-blue-green.ts'
import type {
  DeploymentLifecycleHook,
  DeploymentLifecycleHookStage,
  ServiceDeploymentConfiguration,
} from '../../src/domain/service-deployment-configuration.ts'
import { isOver } from '../../src/domain/service-deployment.ts'
import type { ServiceDeployment } from '../../src/domain/service-deployment.ts'
import type { Service } from '../../src/domain/service.ts'
import { forwardOf } from '../../src/engine/rule-traffic.ts'
import { runProcedure } from '../../src/engine/run-procedure.ts'
import { beginServiceDeployment, currentDeployment } from '../../src/engine/service-deployments.ts'
import type { Store } from '../../src/engine/store.ts'
import { FaultyWorld } from './faulty-world.ts'
import { alarmName, furnish, names, putAlarm, putTaskDefinition } from './furnished-world.ts'
import { Invariants } from './invariants.ts'
import { functionNames } from './simulated-functions.ts'
import type { Behaviour } from './simulated-machine.ts'

export type NativeOutcome = { readonly deployments: readonly ServiceDeployment[]; readonly crashes: number }

/**
 * A service whose deployments shift traffic, with whatever the seed has in store for them: bad versions, tasks that die,
 * lying hooks, pauses, alarms, StopServiceDeployment, newer deployments before the last one is over, somebody who changes
 * the rule, a full disk and an engine that is killed at any write. Throws with the first invariant that does not hold.
 */
export async function simulateNative(seed: number): Promise<NativeOutcome> {
  const simulation = new NativeSimulation(seed)
  await simulation.run()
  return { deployments: simulation.deployments, crashes: simulation.crashes }
}

class NativeSimulation extends FaultyWorld {
  readonly #invariants: Invariants
  #revision = 1
  #wasDead = false
  /** Somebody has changed the rule behind the deployments' backs. */
  #wasMeddled = false

  constructor(seed: number) {
    super(seed)
    this.#invariants = new Invariants(this.machine)
  }

  protected override replaced(): void {
    this.#wasDead = true
  }

  get deployments(): readonly ServiceDeployment[] {
    return this.engine.store.serviceDeployments.list()
  }

  async run(): Promise<void> {
    const chance = this.chance
    const { store } = this.engine
    putAlarm(store, 'OK')
    furnish(store, { desiredCount: 1 + chance.below(3), now: this.clock.now() })
    putWeights(store, names.prodListenerArn, 100)
    putWeights(store, names.testListenerArn, 100)
    const { serviceArn } = names
    store.services.put(serviceArn, {
      ...this.#service(),
      deploymentController: 'ECS',
      loadBalancers: [
        {
          targetGroupArn: names.blueArn,
          containerName: 'web',
          containerPort: 80,
          advancedConfiguration: {
            alternateTargetGroupArn: names.greenArn,
            productionListenerRule: arn.rule(names.prodListenerArn, 'default'),
            ...(chance.random() < 0.6 ? { testListenerRule: arn.rule(names.testListenerArn, 'default') } : {}),
          },
        },
      ],
    })
    void this.engine.start()
    this.#deploy('good', { ...this.#configuration(), lifecycleHooks: [] })
    await this.#until('the first deployment is over', () => this.#allOver())
    for (let number = 1 + chance.below(3); number > 0; number--) await this.#update()
    await this.#end()
    await this.#replay()
  }

  async #update(): Promise<void> {
    const chance = this.chance
    await this.#diskHasRoom()
    const before = this.deployments.length
    this.#deploy(chance.random() < 0.7 ? 'good' : chance.pick<Behaviour>(['slow', 'crashes', 'sick']))
    this.#planFaults()
    // Nobody waits for ever for a version that does not start: then the next one comes, or somebody stops it.
    const patience = this.clock.now() + chance.pick([2_000, 15_000, 60_000, 120_000])
    this.clock.at(patience, () => undefined)
    await this.#until('it is over, or nobody waits', () => this.#allOver() || this.clock.now() >= patience)
    this.writesUntilCrash = Number.POSITIVE_INFINITY
    if (this.#allOver()) this.#checkEnd(this.deployments.slice(before))
  }

  /** A good version always comes through, and nothing is left of what was before it. */
  async #end(): Promise<void> {
    const quietAt = this.clock.now() + 20_000
    this.clock.at(quietAt, () => undefined)
    await this.#until('everything has happened that was to go wrong', () => this.clock.now() >= quietAt)
    await this.#diskHasRoom()
    const { store } = this.engine
    putAlarm(store, 'OK')
    if (this.#wasMeddled) await this.#mendRule()
    this.#deploy('good', {
      strategy: 'BLUE_GREEN',
      maximumPercent: 200,
      minimumHealthyPercent: 100,
      bakeTimeInMinutes: 1,
    })
    await this.#until('the last deployment is over', () => this.#allOver())
    const last = currentDeployment(store, this.#service())
    assert.equal(last?.status, 'SUCCESSFUL', `${last?.statusReason}`)
    this.#checkEnd([last])
    await this.#until('what was stopped is gone, and its targets with it', () => {
      const live = this.engine.store.tasks.list().filter(({ lastStatus }) => lastStatus !== 'STOPPED')
      const targets = [names.blueArn, names.greenArn].flatMap(
        (each) => this.engine.store.targetGroups.get(each)?.targets ?? [],
      )
      return live.every(({ desiredStatus }) => desiredStatus === 'RUNNING') && targets.length === live.length
    })
    const running = store.tasks.list().filter(({ lastStatus }) => lastStatus === 'RUNNING')
    assert.equal(running.length, this.#service().desiredCount)
    const orphans = this.machine.runningTasks.filter((id) => !running.some(({ taskId }) => taskId === id))
    assert.deepEqual(orphans, [], 'no orphans')
  }

  /** What must hold when a deployment has ended and none has come after it. */
  #checkEnd(deployments: readonly ServiceDeployment[]): void {
    const { store } = this.engine
    const last = deployments.at(-1)
    if (last === undefined || last.plan === undefined) return
    const { status, plan, targetServiceRevision } = last
    const service = this.#service()
    const taskSets = store.taskSets
      .list()
      .flatMap(({ taskSetId, status: each }) => (each === 'DRAINING' ? [] : [taskSetId]))
    const weights = (forwardOf(store, plan.prodListenerArn) ?? []).filter(({ weight }) => weight > 0)
    const live = status === 'SUCCESSFUL' ? plan.green : status === 'ROLLBACK_SUCCESSFUL' ? plan.blue : undefined
    // One that came no further than RECONCILE_SERVICE leaves what it found.
    if (live === undefined || (plan.needsReconcile && status !== 'SUCCESSFUL')) return
    assert.deepEqual(taskSets, [live.taskSetId], `only what is live is left after ${status}`)
    if (!this.#wasMeddled) {
      assert.deepEqual(
        weights,
        [{ targetGroupArn: live.targetGroupArn, weight: 100 }],
        'the rule agrees with what is live',
      )
    }
    assert.equal(service.completedServiceRevision, arn.serviceRevision(service.serviceArn, live.taskSetId))
    if (status === 'SUCCESSFUL') assert.equal(service.completedServiceRevision, targetServiceRevision.arn)
  }

  #deploy(behaviour: Behaviour, configuration = this.#configuration()): void {
    const { store, serviceDeployments } = this.engine
    this.#revision += 1
    store.transaction(() => {
      putTaskDefinition(store, this.#revision, behaviour)
      const tools = { store, clock: this.clock, chance: this.chance }
      const taskDefinition = names.taskDefinition(this.#revision)
      beginServiceDeployment(tools, { ...this.#service(), taskDefinition, deploymentConfiguration: configuration })
    })
    serviceDeployments.takeUp(names.serviceArn)
  }

  #configuration(): ServiceDeploymentConfiguration {
    const chance = this.chance
    const enable = chance.random() < 0.7
    const rollback = chance.random() < 0.8
    return {
      strategy: chance.pick(['BLUE_GREEN', 'LINEAR', 'CANARY'] as const),
      minimumHealthyPercent: 100,
      maximumPercent: 200,
      bakeTimeInMinutes: chance.below(6),
      linearConfiguration: { stepPercent: 30, stepBakeTimeInMinutes: 1 + chance.below(2) },
      canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: chance.below(5) },
      deploymentCircuitBreaker: { enable, rollback: enable && rollback },
      lifecycleHooks: chance.random() < 0.5 ? [this.#hook(), this.#hook()] : [],
      ...(chance.random() < 0.3 ? { alarms: { alarmNames: [alarmName], enable: true, rollback } } : {}),
    }
  }

  #hook(): DeploymentLifecycleHook {
    const chance = this.chance
    const stages: readonly DeploymentLifecycleHookStage[] = [
      'PRE_SCALE_UP',
      'POST_SCALE_UP',
      'POST_TEST_TRAFFIC_SHIFT',
      'PRE_PRODUCTION_TRAFFIC_SHIFT',
      'POST_PRODUCTION_TRAFFIC_SHIFT',
    ]
    const timeoutConfiguration = {
      timeoutInMinutes: 1 + chance.below(20),
      action: chance.pick(['ROLLBACK', 'CONTINUE'] as const),
    }
    if (chance.random() < 0.3) {
      return { targetType: 'PAUSE', lifecycleStages: [chance.pick(stages)], timeoutConfiguration }
    }
    return {
      targetType: 'AWS_LAMBDA',
      hookTargetArn: chance.random() < 0.8 ? chance.pick(['succeeds', 'reports-early']) : chance.pick(functionNames),
      lifecycleStages: [
        chance.pick([...stages, 'TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT', 'RECONCILE_SERVICE'] as const),
      ],
      timeoutConfiguration,
    }
  }

  #planFaults(): void {
    const chance = this.chance
    if (chance.random() < 0.6) this.writesUntilCrash = chance.below(150)
    this.planMishaps()
    for (let answers = chance.below(4); answers > 0; answers--) this.later(15_000, () => this.#answer())
    if (chance.random() < 0.15) this.later(15_000, () => putAlarm(this.engine.store, 'ALARM'))
    if (chance.random() < 0.2) this.later(15_000, () => this.#stop())
    if (chance.random() < 0.2) this.later(15_000, () => this.#scale())
    if (chance.random() < 0.05) this.later(15_000, () => this.#meddle())
  }

  #scale(): void {
    this.engine.store.services.put(names.serviceArn, { ...this.#service(), desiredCount: 1 + this.chance.below(3) })
  }

  /** As the API does it. */
  #stop(): void {
    const { store } = this.engine
    const deployment = currentDeployment(store, this.#service())
    if (deployment === undefined || !['PENDING', 'IN_PROGRESS'].includes(deployment.status)) return
    if (deployment.lifecycleStage === 'CLEAN_UP') return
    const status = this.chance.pick(['ROLLBACK_REQUESTED', 'STOP_REQUESTED'] as const)
    store.serviceDeployments.put(deployment.serviceDeploymentArn, { ...deployment, status })
  }

  #answer(): void {
    const { store } = this.engine
    const deployment = currentDeployment(store, this.#service())
    const { lifecycleHookDetails = [] } = deployment ?? {}
    if (deployment === undefined || isOver(deployment)) return
    const answer = this.chance.pick(['CONTINUE', 'CONTINUE', 'ROLLBACK'] as const)
    store.serviceDeployments.put(deployment.serviceDeploymentArn, {
      ...deployment,
      lifecycleHookDetails: lifecycleHookDetails.map((each) =>
        each.status === 'AWAITING_ACTION' ? { ...each, answer } : each,
      ),
    })
  }

  #meddle(): void {
    this.#wasMeddled = true
    putWeights(this.engine.store, names.prodListenerArn, this.chance.pick([0, 50, 100]))
  }

  /** Whoever meddled says where traffic is to be again: where tasks are. */
  async #mendRule(): Promise<void> {
    await this.#until('all deployments have ended', () => this.#allOver())
    const healthyIn = (group: string): number => this.engine.loadBalancing.healthyTargetCount(group)
    // While the only task is being replaced nobody can see where that is.
    const isAnyHealthy = (): boolean => healthyIn(names.blueArn) + healthyIn(names.greenArn) > 0
    await this.#until('a task is healthy', isAnyHealthy)
    const inBlue = healthyIn(names.blueArn) > 0
    putWeights(this.engine.store, names.prodListenerArn, inBlue ? 100 : 0)
    void this.engine.loadBalancing.publish()
  }

  #service(): Service {
    const service = this.engine.store.services.get(names.serviceArn)
    assert(service)
    return service
  }

  #allOver(): boolean {
    return this.deployments.every(isOver)
  }

  async #diskHasRoom(): Promise<void> {
    this.clock.at(this.diskIsFullUntil, () => undefined)
    await this.#until('the disk has room again', () => this.clock.now() >= this.diskIsFullUntil)
  }

  async #until(what: string, isDone: () => boolean): Promise<void> {
    const limit = this.clock.now() + 4 * 60 * 60 * 1_000
    const look = (): boolean => {
      if (this.engine.isDead) return false
      this.#check()
      return isDone()
    }
    const done = await this.clock.run(look, limit)
    if (!done) assert.fail(`It never came about that ${what}. ${this.lastWarning} ${this.#picture()}`)
  }

  /** What must hold at every moment. */
  #check(): void {
    const { store } = this.engine
    const now = this.clock.now()
    // Nothing can be set right while the disk is full or no engine is there.
    const diskIsFullUntil = this.#wasDead ? now + 1 : this.diskIsFullUntil
    this.#wasDead = false
    if (!this.#wasMeddled) this.#invariants.check(store, now, { diskIsFullUntil })
    for (const deployment of this.deployments) if (!isOver(deployment)) blueIsUntouched(store, deployment)
  }

  /** The journal alone answers the whole procedure: nothing would be done again, and nothing differently. */
  async #replay(): Promise<void> {
    const { store } = this.engine
    for (const deployment of this.deployments) {
      const id = deployment.serviceDeploymentArn.slice(deployment.serviceDeploymentArn.lastIndexOf('/') + 1)
      await runProcedure(serviceBlueGreenDeployment(deployment), {
        entry: (position) => store.journal.get(journalKey(id, position)),
        settle: (position, step) => {
          throw new Error(`The journal of ${id} does not know step ${position}, ${step.kind}.`)
        },
      })
    }
  }

  #picture(): string {
    const { store } = this.engine
    const { serviceDeploymentArn = '' } = currentDeployment(store, this.#service()) ?? {}
    const id = serviceDeploymentArn.slice(serviceDeploymentArn.lastIndexOf('/') + 1)
    return JSON.stringify({
      deployments: this.deployments.map(({ status, lifecycleStage, statusReason }) => [
        status,
        lifecycleStage,
        statusReason,
      ]),
      steps: store.journal
        .list()
        .flatMap((entry) => (entry.deploymentId === id ? [[entry.step, entry.outcome?.result]] : [])),
      taskSets: store.taskSets
        .list()
        .map(({ taskSetId, status, scalePercent, stabilityStatus, loadBalancers }) => [
          taskSetId,
          status,
          scalePercent,
          stabilityStatus,
          loadBalancers[0]?.targetGroupArn,
        ]),
      rule: forwardOf(store, arn.rule(names.prodListenerArn, 'default')),
      tasks: store.tasks
        .list()
        .flatMap(({ taskSetId, lastStatus }) => (lastStatus === 'STOPPED' ? [] : [[taskSetId, lastStatus]])),
    })
  }
}

/** Until green had all traffic and the bake time is over, nothing is taken from what serves. */
function blueIsUntouched(store: Store, { plan, lifecycleStage, deploymentConfiguration }: ServiceDeployment): void {
  if (plan === undefined || plan.isFirst || lifecycleStage === 'CLEAN_UP') return
  if (deploymentConfiguration.strategy === 'ROLLING') return
  const blue = store.taskSets.get(arn.taskSet(plan.serviceArn, plan.blue.taskSetId))
  assert(blue !== undefined && blue.status !== 'DRAINING', 'blue is not deleted before CLEAN_UP')
  assert.equal(blue.scalePercent, 100, 'blue keeps its desired count')
}

function putWeights(store: Store, listenerArn: string, blueWeight: number): void {
  const listener = store.listeners.get(listenerArn)
  assert(listener)
  const targetGroups = [
    { targetGroupArn: names.blueArn, weight: blueWeight },
    { targetGroupArn: names.greenArn, weight: 100 - blueWeight },
  ]
  store.listeners.put(listenerArn, { ...listener, defaultActions: [{ type: 'forward', targetGroups }] })
}
