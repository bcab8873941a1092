import { isTurnWanted, ownTurn } from './own-turn.ts'

/** What takes longer than this is done in more than one turn of the event loop, so that it holds no request up. */
const sliceMilliseconds = 0.5

/** The last slice of one work and the first of the next are one slice where that one took less. */
const shortMilliseconds = 0.1

/** Where each of many takes next to nothing, so many of them are one step. */
export const itemsOfStep = 32

/** Does the work from yield to yield, and lets requests through in between. */
export async function inSlices<Result>(work: Generator<void, Result>): Promise<Result> {
  if (isTurnWanted()) await ownTurn()
  let begun = performance.now()
  for (;;) {
    const step = work.next()
    const took = performance.now() - begun
    if (took >= (step.done === true ? shortMilliseconds : sliceMilliseconds)) {
      await ownTurn()
      begun = performance.now()
    }
    if (step.done === true) return step.value
  }
}

/** Does the whole work in one go. */
export function atOnce<Result>(work: Generator<void, Result>): Result {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/** Makes one of each. */
export function eachInSlices<From, To>(items: Iterable<From>, make: (item: From) => To): Promise<To[]> {
  return inSlices(madeOf(items, make))
}

function* madeOf<From, To>(items: Iterable<From>, make: (item: From) => To): Generator<void, To[]> {
  const made: To[] = []
  for (const item of items) {
    made.push(make(item))
    yield
  }
  return made
}
