import { performance } from 'node:perf_hooks'

/** A turn of the event loop in which so much was done already has no slice besides. */
const longMilliseconds = 1

/** Whoever waits for a turn, the first first. */
const waiting: (() => void)[] = []
/** When the last slice ended, and for how long the event loop had had nothing to do by then. */
let [endedAt, idleBefore] = [0, 0]
/** What was done between the slices before, in milliseconds. */
let lastWork = 0
let hasGivenWay = false

/**
 * Resolves in a turn of the event loop that nobody else has who waits here. A table may be applied while a report is taken
 * and the targets' health is being kept: with a slice of each in one turn, requests would wait for all of them. They would
 * also wait for a slice that comes on top of one of V8's full collections: so what has waited for that comes first.
 */
export function ownTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  noteEnd()
  waiting.push(resolve)
  if (waiting.length === 1) setImmediate(giveTurn)
  return promise
}

/** Some work has begun, and is waiting to go on. */
export function isTurnWanted(): boolean {
  return waiting.length > 0
}

function giveTurn(): void {
  const work = workedMilliseconds()
  hasGivenWay = !hasGivenWay && isUnusual(work, { lastWork })
  lastWork = work
  if (hasGivenWay) noteEnd()
  else waiting.shift()?.()
  if (waiting.length > 0) setImmediate(giveTurn)
}

/** In milliseconds. Under full load every turn is long, and a slice is little beside it. */
export function isUnusual(work: number, before: { readonly lastWork: number }): boolean {
  return work >= longMilliseconds && work > 2 * before.lastWork
}

function noteEnd(): void {
  endedAt = performance.now()
  idleBefore = performance.nodeTiming.idleTime
}

function workedMilliseconds(): number {
  return performance.now() - endedAt - (performance.nodeTiming.idleTime - idleBefore)
}
