import type { DeploymentView } from '../view/deployment-view.ts'
import { happenings } from '../view/plain-lines.ts'
import { timeOfDay } from '../view/words.ts'
import type { Decision, Shown } from './watching.ts'

/** One line for each thing that happens: for pipes, logs and CI. */
export class LinesShown implements Shown {
  readonly #json: boolean
  #before: DeploymentView | undefined
  #isLost = false
  #wake: (() => void) | undefined
  #decision: Decision = 'go on'
  readonly #interrupt = (): void => {
    this.#decision = 'leave'
    this.#wake?.()
  }

  constructor({ json }: { readonly json: boolean }) {
    this.#json = json
  }

  open(): void {
    process.on('SIGINT', this.#interrupt)
    // `| head` has seen enough.
    process.stdout.on('error', () => process.exit(0))
  }

  show(view: DeploymentView): void {
    if (this.#isLost) this.tell('It answers again.')
    this.#isLost = false
    const before = this.#before?.id === view.id ? this.#before : undefined
    for (const { at, kind, text } of happenings(before, view, Date.now())) this.#print(at, kind, text)
    this.#before = view
  }

  lost(why: string): void {
    if (!this.#isLost) this.tell(`${why} It is asked again and again.`)
    this.#isLost = true
  }

  async pause(milliseconds: number): Promise<Decision> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, milliseconds)
    this.#wake = resolve
    if (this.#decision === 'go on') await promise
    clearTimeout(timer)
    const decision = this.#decision
    this.#decision = 'go on'
    return decision
  }

  tell(text: string): void {
    this.#print(Date.now(), 'told', text)
  }

  close(): void {
    process.off('SIGINT', this.#interrupt)
  }

  #print(at: number, kind: string, text: string): void {
    const date = new Date(at)
    console.log(this.#json ? JSON.stringify({ at: date.toISOString(), kind, text }) : `${timeOfDay(date)}  ${text}`)
  }
}
