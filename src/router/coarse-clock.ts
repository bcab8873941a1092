import { performance } from 'node:perf_hooks'
/** How exact the router's time-outs are. */
const tickMilliseconds = 100
/** The wheel turns once in 51.2 s; what is due later is looked at once a turn. */
const slotCount = 512

/** Something with a time-out. The numbers are the clock's own, and begin at 0. */
export interface Timed {
  /** When to look, in the clock's milliseconds; 0 for never. */
  checkAt: number
  /** Where it is in the wheel. */
  checkTick: number
  checkIndex: number
  /** Does what is due; returns when to look again, in the clock's milliseconds, or 0 for never. */
  check(now: number): number
}

/**
 * The time of the last tick, and a wheel of what is to be looked at. Connections do not move in the wheel when something
 * happens on them: they write down when it was, and say so when their turn comes. So a request costs nothing here, and
 * an idle connection a look for each of its time-outs.
 */
export class CoarseClock {
  /** By `performance.now()`, in whole milliseconds: connections write it down, and another number takes memory each time. */
  now = wholeMilliseconds()
  /** The time of day, in epoch milliseconds. */
  epochMilliseconds = Date.now()
  readonly #slots: Timed[][] = Array.from({ length: slotCount }, () => [])
  readonly #startedAt = this.now
  #tick = 0
  #timer: NodeJS.Timeout | undefined

  /** At this time or soon after, `check` is called; sooner where it was asked for sooner before. */
  lookAt(timed: Timed, time: number): void {
    if (timed.checkAt !== 0) {
      if (timed.checkAt <= time) return
      this.forget(timed)
    }
    timed.checkAt = Math.ceil(time)
    this.#insert(timed)
  }

  forget(timed: Timed): void {
    if (timed.checkAt === 0) return
    timed.checkAt = 0
    const slot = this.#slots[timed.checkTick % slotCount]
    const last = slot?.pop()
    if (slot === undefined || last === undefined || last === timed) return
    slot[timed.checkIndex] = last
    last.checkIndex = timed.checkIndex
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #insert(timed: Timed): void {
    if (this.#timer === undefined) this.#start()
    const wanted = this.#tickOf(timed.checkAt)
    const tick = Math.min(this.#tick + slotCount - 1, Math.max(this.#tick + 1, wanted))
    const slot = this.#slots[tick % slotCount]
    if (slot === undefined) return
    timed.checkTick = tick
    timed.checkIndex = slot.length
    slot.push(timed)
  }

  #start(): void {
    this.#read()
    this.#tick = Math.max(this.#tick, this.#tickOf(this.now))
    this.#timer = setInterval(() => {
      this.#read()
      // After what has come in the meantime was read: a loop that was held up must not time out who did send.
      setImmediate(() => this.#turn())
    }, tickMilliseconds).unref()
  }

  #read(): void {
    this.now = wholeMilliseconds()
    this.epochMilliseconds = Date.now()
  }

  #tickOf(time: number): number {
    return Math.ceil((time - this.#startedAt) / tickMilliseconds)
  }

  #turn(): void {
    const present = Math.floor((this.now - this.#startedAt) / tickMilliseconds)
    // After a pause longer than a turn of the wheel, every slot is looked at once.
    this.#tick = Math.max(this.#tick, present - slotCount)
    while (this.#tick < present) {
      this.#tick++
      const slot = this.#slots[this.#tick % slotCount] ?? []
      // Nothing is put into this slot meanwhile: it is the farthest one.
      for (let timed = slot.pop(); timed !== undefined; timed = slot.pop()) this.#look(timed)
    }
  }

  #look(timed: Timed): void {
    if (timed.checkAt > this.now) return this.#insert(timed)
    timed.checkAt = 0
    const next = timed.check(this.now)
    if (next > 0) this.lookAt(timed, next)
  }
}

function wholeMilliseconds(): number {
  return Math.floor(performance.now())
}
