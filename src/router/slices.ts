import { setImmediate as nextTurn } from 'node:timers/promises'

/** What takes longer than this is done in more than one turn of the event loop, so that it holds no request up. */
const sliceMilliseconds = 2

/** Does the work from yield to yield, and lets requests through in between. */
export async function inSlices<Result>(work: Generator<void, Result>): Promise<Result> {
  let begun = performance.now()
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    if (performance.now() - begun < sliceMilliseconds) continue
    await nextTurn()
    begun = performance.now()
  }
}

/** Makes one of each. */
export function eachInSlices<From, To>(items: readonly From[], make: (item: From) => To): Promise<To[]> {
  return inSlices(madeOf(items, make))
}

function* madeOf<From, To>(items: readonly From[], make: (item: From) => To): Generator<void, To[]> {
  const made: To[] = []
  for (const item of items) {
    made.push(make(item))
    yield
  }
  return made
}
