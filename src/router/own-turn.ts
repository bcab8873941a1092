/** Whoever waits for a turn, the first first. */
const waiting: (() => void)[] = []

/**
 * Resolves in a turn of the event loop that nobody else has who waits here. A table may be applied while a report is taken
 * and the targets' health is being kept: with a slice of each in one turn, requests would wait for all of them.
 */
export function ownTurn(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  waiting.push(resolve)
  if (waiting.length === 1) setImmediate(giveTurn)
  return promise
}

/** Some work has begun, and is waiting to go on. */
export function isTurnWanted(): boolean {
  return waiting.length > 0
}

function giveTurn(): void {
  waiting.shift()?.()
  if (waiting.length > 0) setImmediate(giveTurn)
}
