import type { AlarmChange, TargetHealthChange } from '../domain/deployment-record.ts'
import type { RouterReport } from '../domain/router-report.ts'
import {
  countedSince,
  countsOf,
  haveSameWeights,
  responseTimesOf,
  sumOf,
  sumOfTimes,
  timesSince,
} from '../domain/traffic-account.ts'
import type { CountedTraffic, ResponseTimes, TrafficCount, TrafficWeights } from '../domain/traffic-account.ts'
import { forgetWatch, WatchNotes } from './deployment-watch.ts'
import type { DeploymentWatch, SeenRouter } from './deployment-watch.ts'
import { Changes } from './changes.ts'
import type { Engine } from './engine.ts'
import { RecorderScope } from './recorder-scope.ts'
import { trafficWeight } from './traffic-route.ts'
import { watchedDeployment } from './watched-deployment.ts'
import type { WatchedDeployment } from './watched-deployment.ts'

type RecorderTools = Pick<Engine, 'store' | 'clock' | 'router' | 'loadBalancing' | 'log'>

const retryMilliseconds = 1_000
/** The finest step of time in the account of requests. */
const rowMilliseconds = 1_000
/** How long requests are still counted after the end of a deployment: until the router has reported once more. */
const afterEndMilliseconds = 300
/** Accounts are kept of so many deployments, the newest. */
const mostWatches = 200

/**
 * Writes down what happens around deployments while they run: requests, the health of targets, alarms. It looks at a
 * deployment whenever something about it has changed, and only reads what others do; no deployment waits for it.
 */
export class DeploymentRecorder {
  readonly #tools: RecorderTools
  readonly #scope: RecorderScope
  readonly #wake: Changes
  #running: { readonly stop: AbortController; readonly loop: Promise<void> } | undefined

  constructor(tools: RecorderTools) {
    this.#tools = tools
    this.#scope = new RecorderScope(tools.store)
    this.#wake = new Changes(tools.clock)
  }

  start(): void {
    const { store, clock, router, loadBalancing } = this.#tools
    this.#scope.begin()
    store.onChange((changes) => this.#note(() => this.#scope.changed(changes)))
    loadBalancing.onHealthChange((arns) => this.#note(() => this.#scope.targetGroups(arns)))
    router.onReport(() => this.#note(() => this.#scope.reported(router.report(), clock.now())))
    const stop = new AbortController()
    this.#running = { stop, loop: this.#watch(stop.signal) }
  }

  async stop(): Promise<void> {
    this.#running?.stop.abort(new Error('The record of deployments is not kept any more.'))
    await this.#running?.loop
    this.#running = undefined
  }

  #note(see: () => void): void {
    see()
    this.#wake.notify()
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#tools
    while (!signal.aborted) {
      try {
        await this.#wake.until(() => (this.#scope.hasDue ? true : undefined), { signal })
        for (const deploymentId of this.#scope.due()) this.#lookAt(deploymentId)
      } catch (error) {
        if (signal.aborted) return
        log.warn(`The record of deployments has a gap until this succeeds: ${String(error)}`)
        await clock.sleep(retryMilliseconds, signal).catch(() => undefined)
      }
    }
  }

  #lookAt(deploymentId: string): void {
    const { store } = this.#tools
    const deployment = watchedDeployment(store, deploymentId)
    const watch = store.deploymentWatches.get(deploymentId)
    const isEnded = watch === undefined ? deployment?.isOver : watch.endedAt !== undefined
    if (deployment === undefined || isEnded === true) return this.#scope.leave(deploymentId)
    this.#look(deployment, watch ?? this.#begun(deployment))
    if (watch === undefined) this.#forgetOldest()
    this.#scope.looked(deploymentId, this.#tools.clock.now())
  }

  #begun({ id, counted, route }: WatchedDeployment): DeploymentWatch {
    const { clock, router } = this.#tools
    return {
      deploymentId: id,
      seen: seenRouters(counted, router.report()),
      rowFrom: clock.now(),
      weights: this.#weights(counted, route),
      nextPosition: 0,
      kept: { traffic: [], targetHealth: [], alarm: [] },
      targets: {},
      alarmStates: {},
      taskDefinitions: {},
    }
  }

  #look(deployment: WatchedDeployment, watch: DeploymentWatch): void {
    const { store, clock } = this.#tools
    const now = clock.now()
    const { counted } = deployment
    const isOver = deployment.isOver && now >= (deployment.endedAt ?? 0) + afterEndMilliseconds
    const notes = new WatchNotes(store, watch)
    this.#lookAtTraffic(deployment, notes, isOver)
    this.#lookAtTargets(counted, notes)
    this.#lookAtAlarms(deployment, notes)
    this.#lookAtTaskDefinitions(counted, notes)
    if (isOver) notes.watch = { ...notes.watch, endedAt: now }
    notes.save()
  }

  /** A row ends after a second, when the weights change, and with the deployment. */
  #lookAtTraffic({ counted, route }: WatchedDeployment, notes: WatchNotes, isLast: boolean): void {
    const { clock, router } = this.#tools
    const { watch } = notes
    const now = clock.now()
    const weights = this.#weights(counted, route)
    const mustEnd = isLast || !haveSameWeights(weights, watch.weights)
    if (!mustEnd && now < watch.rowFrom + rowMilliseconds) return
    const report = router.report()
    if (report === undefined) return
    const seen = seenRouters(counted, report)
    const counts = countedSinceRow(watch, seen)
    if (!mustEnd && counts.length === 0) return
    const responseTimes = measuredSinceRow(watch, seen)
    notes.add({
      kind: 'traffic',
      from: watch.rowFrom,
      to: now,
      weights: watch.weights,
      counts,
      ...(responseTimes.length === 0 ? {} : { responseTimes }),
    })
    notes.watch = { ...notes.watch, seen, rowFrom: now, weights }
  }

  #lookAtTargets(counted: CountedTraffic, notes: WatchNotes): void {
    const seen = this.#targets(counted)
    for (const key of Object.keys(notes.watch.targets)) {
      if (seen.has(key)) continue
      const [targetGroup = '', target = ''] = key.split(' ')
      notes.add({ kind: 'targetHealth', at: this.#tools.clock.now(), targetGroup, target })
    }
    for (const [key, change] of seen) {
      if (notes.watch.targets[key] !== stateOf(change)) notes.add({ kind: 'targetHealth', ...change })
    }
    const targets = Object.fromEntries(Array.from(seen, ([key, change]) => [key, stateOf(change)]))
    if (!isSame(targets, notes.watch.targets)) notes.watch = { ...notes.watch, targets }
  }

  #targets({ targetGroups }: CountedTraffic): ReadonlyMap<string, TargetHealthChange> {
    const { store, clock, loadBalancing } = this.#tools
    const targets = new Map<string, TargetHealthChange>()
    for (const { name, targetGroupArn } of targetGroups) {
      for (const address of store.targetGroups.get(targetGroupArn)?.targets ?? []) {
        const target = `${address.id}:${address.port}`
        const health = loadBalancing.health(targetGroupArn, address)
        const lastCheck = loadBalancing.lastCheck(targetGroupArn, address)
        const change = { at: clock.now(), targetGroup: name, target, health }
        targets.set(`${name} ${target}`, lastCheck === undefined ? change : { ...change, lastCheck })
      }
    }
    return targets
  }

  #lookAtAlarms({ alarmNames, region }: WatchedDeployment, notes: WatchNotes): void {
    const { store, clock } = this.#tools
    const alarmStates: Record<string, string> = {}
    for (const alarmName of alarmNames) {
      const alarm = store.alarms.get(`${region}/${alarmName}`)
      const change: AlarmChange =
        alarm === undefined
          ? { at: clock.now(), alarmName }
          : { at: clock.now(), alarmName, state: alarm.stateValue, reason: alarm.stateReason }
      alarmStates[alarmName] = change.state ?? ''
      if (notes.watch.alarmStates[alarmName] !== alarmStates[alarmName]) notes.add({ kind: 'alarm', ...change })
    }
    if (!isSame(alarmStates, notes.watch.alarmStates)) notes.watch = { ...notes.watch, alarmStates }
  }

  /** What runs in the pair; of a task set that has gone, what ran. */
  #lookAtTaskDefinitions({ targetGroups }: CountedTraffic, notes: WatchNotes): void {
    const taskDefinitions: Record<string, string> = { ...notes.watch.taskDefinitions }
    for (const { name, targetGroupArn } of targetGroups) {
      for (const { taskDefinition, status } of this.#tools.store.taskSets.ofTargetGroup(targetGroupArn)) {
        if (status !== 'DRAINING') taskDefinitions[name] = taskDefinition
      }
    }
    if (!isSame(taskDefinitions, notes.watch.taskDefinitions)) notes.watch = { ...notes.watch, taskDefinitions }
  }

  #weights({ targetGroups }: CountedTraffic, route: string): TrafficWeights {
    return Object.fromEntries(
      targetGroups.map(({ name, targetGroupArn }) => [name, trafficWeight(this.#tools.store, route, targetGroupArn)]),
    )
  }

  #forgetOldest(): void {
    const { store } = this.#tools
    const ended = store.deploymentWatches.list().filter(({ endedAt }) => endedAt !== undefined)
    const surplus = store.deploymentWatches.list().length - mostWatches
    if (surplus <= 0) return
    store.transaction(() => {
      for (const watch of ended.slice(0, surplus)) forgetWatch(store, watch)
    })
  }
}

function seenRouters(counted: CountedTraffic, report: RouterReport | undefined): readonly SeenRouter[] {
  if (report === undefined) return []
  const routers = report.routers ?? [report]
  return routers.map(({ routerId, counts, exchanges = [] }) => ({
    routerId,
    counts: countsOf(counted, counts),
    responseTimes: responseTimesOf(counted, exchanges),
  }))
}

/**
 * A router that was replaced counts from zero; what its predecessor counted last is not known. Before the first report of
 * all nothing is counted: those requests were there before the deployment.
 */
function countedSinceRow({ seen: before }: DeploymentWatch, now: readonly SeenRouter[]): readonly TrafficCount[] {
  const earlier = [before].flat().filter(({ routerId }) => routerId !== '')
  if (earlier.length === 0) return []
  return sumOf(
    now.flatMap(({ routerId, counts }) =>
      countedSince(earlier.find((each) => each.routerId === routerId)?.counts ?? [], counts),
    ),
  )
}

/** A router that an earlier version has seen is measured from the next row on. */
function measuredSinceRow({ seen }: DeploymentWatch, now: readonly SeenRouter[]): readonly ResponseTimes[] {
  const earlier = [seen].flat().filter(({ routerId }) => routerId !== '')
  if (earlier.length === 0) return []
  return sumOfTimes(
    now.flatMap(({ routerId, responseTimes = [] }) => {
      const before = earlier.find((each) => each.routerId === routerId)
      if (before !== undefined && before.responseTimes === undefined) return []
      return timesSince(before?.responseTimes ?? [], responseTimes)
    }),
  )
}

function stateOf({ health }: TargetHealthChange): string {
  return `${health?.state ?? ''} ${health?.reason ?? ''}`
}

function isSame(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
