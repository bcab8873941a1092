import { afterRollback } from '../view/after-rollback.ts'
import { isWayBack, type DeploymentView } from '../view/deployment-view.ts'
import { screenLines } from '../view/screen-lines.ts'
import { textOf } from '../view/styled.ts'
import { forAwsUser } from './aws-access.ts'
import type { AwsClients } from './aws-clients.ts'
import { CliError, exitCode } from './exit-code.ts'
import { LinesShown } from './watching-lines.ts'
import { ScreenShown } from './watching-screen.ts'

/** A deployment that can be looked at again and again, whoever does it. */
export type Watchable = { view(): Promise<DeploymentView> }

/** How a view is shown: on a screen, or as lines. */
export type Shown = {
  open(): void
  /** A look succeeded. */
  show(view: DeploymentView): void
  /** A look failed, since when. */
  lost(why: string, since: number): void
  /** Resolves when it is time to look again, or with what the person at the keyboard has decided. */
  pause(milliseconds: number): Promise<Decision>
  /** Something that was done, or that happens next, in a sentence. */
  tell(text: string): void
  close(): void
}
export type Decision = 'go on' | 'leave' | 'stop' | 'stop and roll back'

/** What is waited for: all of it, all production traffic on green, or the end of one stage. */
export type WaitUntil = { readonly kind: 'done' | 'traffic' } | { readonly kind: 'stage'; readonly name: string }

export type WatchSettings = {
  readonly clients: AwsClients
  readonly watchable: (id: string) => Watchable
  readonly until: WaitUntil
  readonly json: boolean
  readonly stop: (id: string, rollback: boolean) => Promise<string>
  /** Going back is what is wanted: that is no failure then. */
  readonly isGoingBack?: boolean
}

/** So long nothing may answer before it is given up. */
const patienceMilliseconds = 10 * 60_000

/** Watches a deployment to its end, and the one that rolls it back. Resolves with the program's exit code. */
export async function watch(id: string, settings: WatchSettings): Promise<number> {
  const { isTeal } = await settings.clients.about()
  const isScreen = process.stdout.isTTY && !settings.json && process.env['TERM'] !== 'dumb' && !process.env['CI']
  const shown: Shown = isScreen ? new ScreenShown() : new LinesShown({ json: settings.json })
  const pauseMilliseconds = isTeal ? 500 : 3_000
  // The first look is before the screen is taken: what is wrong with it is said where it was typed. Later ones go on with
  // what it has seen: when stages and shifts began, ECS does not tell.
  const watchable = settings.watchable(id)
  const first = await look(watchable, settings)
  shown.open()
  try {
    return await new Watching(shown, settings, pauseMilliseconds).run(id, watchable, first)
  } finally {
    shown.close()
  }
}

async function look(watchable: Watchable, { clients }: WatchSettings): Promise<DeploymentView> {
  try {
    return await watchable.view()
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}

class Watching {
  readonly #shown: Shown
  readonly #settings: WatchSettings
  readonly #pauseMilliseconds: number

  constructor(shown: Shown, settings: WatchSettings, pauseMilliseconds: number) {
    this.#shown = shown
    this.#settings = settings
    this.#pauseMilliseconds = pauseMilliseconds
  }

  async run(id: string, watchable: Watchable, first: DeploymentView): Promise<number> {
    const original = await this.#follow(id, watchable, first)
    if (typeof original === 'number') return original
    const { rollbackId, phase } = original
    if (phase === 'succeeded' || rollbackId === undefined) return this.#ended(original)
    this.#shown.tell(`The rollback is deployment ${rollbackId}.`)
    const back = await this.#follow(rollbackId, this.#settings.watchable(rollbackId))
    if (typeof back === 'number') return back
    // Green has gone since, and its last numbers are in: the account is read once more.
    const last = await this.#settings
      .watchable(id)
      .view()
      .catch(() => original)
    return this.#ended(afterRollback(last, back), back)
  }

  /** Resolves with the last view, or with an exit code where nobody waits for the end. */
  async #follow(id: string, watchable: Watchable, first?: DeploymentView): Promise<DeploymentView | number> {
    let view = first
    let lostSince: number | undefined
    for (;;) {
      if (view !== undefined) {
        this.#shown.show(view)
        if (isOver(view)) return view
        if (hasReached(view, this.#settings.until)) return this.#reached(view)
      }
      const decision = await this.#shown.pause(this.#pauseMilliseconds)
      if (decision !== 'go on') {
        const left = await this.#decided(decision, { id, view })
        if (left !== undefined) return left
      }
      try {
        view = await watchable.view()
        lostSince = undefined
      } catch (error) {
        view = undefined
        lostSince ??= Date.now()
        this.#lost(error, lostSince)
      }
    }
  }

  #lost(error: unknown, since: number): void {
    const told = forAwsUser(error, this.#settings.clients)
    if (!(told instanceof CliError)) throw error
    if (Date.now() - since > patienceMilliseconds) throw told
    this.#shown.lost(told.message, since)
  }

  async #decided(
    decision: Exclude<Decision, 'go on'>,
    { id, view }: { readonly id: string; readonly view: DeploymentView | undefined },
  ): Promise<number | undefined> {
    if (decision === 'leave') {
      this.#shown.close()
      const back = view?.commands.find(isWayBack)
      const sentBack = back === undefined ? '' : `; \`${back.command}\` sends it back`
      console.error(`It goes on. \`teal watch ${id}\` shows it again${sentBack}.`)
      return exitCode.interrupted
    }
    try {
      this.#shown.tell(await this.#settings.stop(id, decision === 'stop and roll back'))
    } catch (error) {
      const told = forAwsUser(error, this.#settings.clients)
      this.#shown.tell(told instanceof Error ? told.message : String(told))
    }
    return undefined
  }

  #reached(view: DeploymentView): number {
    this.#shown.close()
    const { until, json } = this.#settings
    if (json) {
      console.log(JSON.stringify({ kind: 'reached', view }))
    } else {
      const what = until.kind === 'stage' ? `${until.name} is done` : 'green has all production traffic'
      console.log(`${what}. The deployment goes on; \`teal watch ${view.id}\` shows the rest.`)
    }
    return exitCode.ok
  }

  #ended(view: DeploymentView, rollback?: DeploymentView): number {
    this.#shown.close()
    if (this.#settings.json) console.log(JSON.stringify({ kind: 'end', view, ...(rollback && { rollback }) }))
    else for (const line of lastLines(view, rollback)) console.log(line)
    const isBack = this.#settings.isGoingBack === true && (rollback?.phase === 'succeeded' || hasGoneBack(view))
    return view.phase === 'succeeded' || isBack ? exitCode.ok : exitCode.deploymentFailed
  }
}

/** A deployment of ECS itself goes back by itself. */
function hasGoneBack({ status }: DeploymentView): boolean {
  return status === 'ROLLBACK_SUCCESSFUL'
}

function isOver({ phase }: DeploymentView): boolean {
  return phase === 'succeeded' || phase === 'failed' || phase === 'stopped'
}

function hasReached({ stages, sides, isRollback }: DeploymentView, until: WaitUntil): boolean {
  // Whoever waits for green to have something does not have it when it is taken back.
  if (isRollback) return false
  switch (until.kind) {
    case 'done':
      return false
    case 'traffic':
      return sides.some(({ colour, weight }) => colour === 'green' && weight === 100) && isShifted(stages)
    case 'stage':
      return stages.some(({ name, state }) => name === until.name && state === 'done')
  }
}

function isShifted(stages: DeploymentView['stages']): boolean {
  const shift = stages.find(({ name }) => name === 'AllowTraffic' || name === 'PRODUCTION_TRAFFIC_SHIFT')
  return shift === undefined || shift.state === 'done'
}

/** The end of it stays on the terminal, as high as it has to be. */
function lastLines(view: DeploymentView, rollback: DeploymentView | undefined): readonly string[] {
  const width = process.stdout.isTTY ? Math.max(40, process.stdout.columns || 80) : 100
  const lines = (each: DeploymentView): readonly string[] =>
    screenLines(withoutTold(each), { width, height: Number.POSITIVE_INFINITY }, each.endedAt ?? Date.now()).map(textOf)
  if (rollback === undefined) return lines(view)
  const how = rollback.phase === 'succeeded' ? 'has all traffic back on blue' : `ended as ${rollback.status}`
  return [...lines(view), '', `The rollback ${rollback.id} ${how}.`]
}

/** Where each thing had its line, the last ones are just above. */
function withoutTold(view: DeploymentView): DeploymentView {
  return process.stdout.isTTY ? view : { ...view, tidings: [] }
}
