import type { DeploymentView } from '../view/deployment-view.ts'
import { happenings, type Happening } from '../view/plain-lines.ts'
import { kindOfText, Repetitions, withCount } from '../view/repetitions.ts'
import { TidingLines, withSubject } from '../view/tiding-lines.ts'
import { timeOfDay } from '../view/words.ts'
import { DecisionPause } from './decision-pause.ts'
import { endWithOutput } from './output.ts'
import type { Decision, Shown } from './watching.ts'

/** One line for each thing that happens: for pipes, logs and CI. */
export class LinesShown implements Shown {
  readonly #json: boolean
  #before: DeploymentView | undefined
  #isLost = false
  readonly #pause = new DecisionPause()
  readonly #tidings = new TidingLines()
  readonly #repetitions = new Repetitions()
  readonly #interrupt = (): void => this.#pause.decide('leave')

  constructor({ json }: { readonly json: boolean }) {
    this.#json = json
  }

  open(): void {
    process.on('SIGINT', this.#interrupt)
    endWithOutput()
  }

  show(view: DeploymentView): void {
    if (this.#isLost) this.tell('It answers again.')
    this.#isLost = false
    const before = this.#before?.id === view.id ? this.#before : undefined
    for (const happening of happenings(before, view, Date.now())) this.#tell(happening)
    for (const { at, text } of this.#tidings.next(view.tidings)) this.#print(at, 'tiding', withSubject(text))
    this.#before = view
  }

  lost(why: string): void {
    if (!this.#isLost) this.tell(`${why} It is asked again and again.`)
    this.#isLost = true
  }

  pause(milliseconds: number): Promise<Decision> {
    return this.#pause.during(milliseconds)
  }

  tell(text: string): void {
    this.#print(Date.now(), 'told', text)
  }

  close(): void {
    process.off('SIGINT', this.#interrupt)
  }

  /** Targets that fall ill and are replaced all the time say the same again and again. */
  #tell({ at, kind, text }: Happening): void {
    const isState = kind === 'health' || kind === 'danger'
    const count = isState ? this.#repetitions.count(kindOfText(text)) : 1
    if (count !== undefined) this.#print(at, kind, withCount(text, count))
  }

  #print(at: number, kind: string, text: string): void {
    const date = new Date(at)
    console.log(this.#json ? JSON.stringify({ at: date.toISOString(), kind, text }) : `${timeOfDay(date)}  ${text}`)
  }
}
