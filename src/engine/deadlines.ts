/** When each of many subjects is due; finding the first costs nothing that grows with the others. */
export class Deadlines {
  readonly #times = new Map<string, number>()
  /** A heap. An entry that is not the subject's time any more is passed over when it comes up. */
  #heap: Entry[] = []

  /** Infinity: never. */
  set(subject: string, at: number): void {
    if (this.#times.get(subject) === at) return
    if (at === Infinity) {
      this.#times.delete(subject)
      return
    }
    this.#times.set(subject, at)
    if (this.#heap.length > 2 * this.#times.size + 64) this.#rebuild()
    else this.#push({ subject, at })
  }

  /** Infinity where nothing is due, ever. */
  first(): number {
    for (;;) {
      const top = this.#heap[0]
      if (top === undefined) return Infinity
      if (this.#times.get(top.subject) === top.at) return top.at
      this.#pop()
    }
  }

  /** Takes out those whose time has come. */
  takeDue(now: number): readonly string[] {
    const due: string[] = []
    while (this.first() <= now) {
      const top = this.#pop()
      if (top === undefined) break
      this.#times.delete(top.subject)
      due.push(top.subject)
    }
    return due
  }

  #rebuild(): void {
    // What is sorted is a heap.
    this.#heap = Array.from(this.#times, ([subject, at]) => ({ subject, at })).toSorted((one, two) => one.at - two.at)
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let child = heap.push(entry) - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.at <= entry.at) break
      heap[child] = above
      child = parent
    }
    heap[child] = entry
  }

  #pop(): Entry | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let parent = 0
    for (;;) {
      const [left, right] = [heap[2 * parent + 1], heap[2 * parent + 2]]
      if (left === undefined) break
      const isRight = right !== undefined && right.at < left.at
      const least = isRight ? right : left
      if (least.at >= last.at) break
      heap[parent] = least
      parent = 2 * parent + (isRight ? 2 : 1)
    }
    heap[parent] = last
    return first
  }
}

type Entry = { readonly subject: string; readonly at: number }
