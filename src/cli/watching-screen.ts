import type { DeploymentView } from '../view/deployment-view.ts'
import { screenLines } from '../view/screen-lines.ts'
import type { Line } from '../view/styled.ts'
import { DecisionPause } from './decision-pause.ts'
import { Keys } from './keys.ts'
import { Screen } from './screen.ts'
import { footLines } from './watching-foot.ts'
import type { Decision, Shown } from './watching.ts'

/** Clocks on the screen go on between two looks. */
const tickMilliseconds = 250

/** A screen that is drawn again and again, and what can be decided before it. */
export class ScreenShown implements Shown {
  readonly #screen = new Screen(process.stdout)
  readonly #keys = new Keys(process.stdin, (key) => this.#pressed(key))
  readonly #redraw = (): void => this.#draw()
  #view: DeploymentView | undefined
  #lost: { readonly why: string; readonly since: number } | undefined
  #told: string | undefined
  #isAsking = false
  readonly #pause = new DecisionPause()
  #ticks: NodeJS.Timeout | undefined
  #isOpen = false

  open(): void {
    this.#isOpen = true
    this.#screen.open()
    this.#keys.open()
    process.stdout.on('resize', this.#redraw)
    process.on('SIGTERM', this.#end)
    process.on('SIGHUP', this.#end)
    this.#ticks = setInterval(this.#redraw, tickMilliseconds)
  }

  show(view: DeploymentView): void {
    this.#view = view
    this.#lost = undefined
    this.#draw()
  }

  lost(why: string, since: number): void {
    this.#lost = { why, since }
    this.#draw()
  }

  pause(milliseconds: number): Promise<Decision> {
    return this.#pause.during(milliseconds)
  }

  tell(text: string): void {
    this.#told = text
    this.#draw()
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    clearInterval(this.#ticks)
    process.stdout.off('resize', this.#redraw)
    process.off('SIGTERM', this.#end)
    process.off('SIGHUP', this.#end)
    this.#keys.close()
    this.#screen.close()
  }

  readonly #end = (): void => {
    this.close()
    process.exit(143)
  }

  #pressed(key: string): void {
    if (!this.#isAsking) {
      this.#isAsking = key === 'ctrl-c' || key === 'q' || key === '\u001B'
      this.#draw()
      return
    }
    const decision = answers[key]
    this.#isAsking = false
    if (decision !== undefined) this.#pause.decide(decision)
    this.#draw()
  }

  #draw(): void {
    if (!this.#isOpen || this.#view === undefined) return
    const { width, height } = this.#screen.size
    const [lost, told, isAsking] = [this.#lost, this.#told, this.#isAsking]
    const foot = footLines({ lost, told, isAsking }, { width, height }, Date.now())
    const room = height - foot.length
    const lines = screenLines(this.#view, { width, height: room }, Date.now()).slice(0, room)
    const empty = Array.from({ length: Math.max(0, room - lines.length) }, (): Line => [])
    this.#screen.draw([...lines, ...empty, ...foot])
  }
}

const answers: Readonly<Record<string, Decision | undefined>> = {
  r: 'stop and roll back',
  s: 'stop',
  l: 'leave',
  // Twice Ctrl-C means: out of here. Nothing is stopped by impatience.
  'ctrl-c': 'leave',
}
