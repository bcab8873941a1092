import { spawn, type ChildProcess } from 'node:child_process'
import type { Server } from 'node:net'
import { retiringReport } from '../domain/router-merge.ts'
import { reportInJson, type ReportInJson, type RouterReport } from '../domain/router-report.ts'
import { outOfJson, type InJson } from '../domain/routing-table-json.ts'
import type { RoutingTableNews } from '../domain/routing-table-news.ts'
import type { RoutingTable } from '../domain/routing-table.ts'

/**
 * How one router process takes another's place without a connection being lost: the old one starts the new one as its
 * child and gives it the sockets it listens on, still open. From then on both accept, so nothing waits in a queue that is
 * closed; then the old one accepts no more, and goes on with the connections it has until they are over.
 *
 * Messages of the new one: `ready` to be given ports, each once or, where it says so, by all of its sockets, `serving` by
 * them, `in-charge` once it has lock and control socket, `table` for the old one to follow, or `news` of it, `end` when
 * everything is to end. Of the old one: `port` with a socket, `begin` after the last, `take-charge` once it has let go of
 * lock and control socket, `following` a table's version, or `lost` where it has not got the table that the news begin
 * with, `report` now and then, and its end.
 */
export type FromSuccessor =
  /** `takesSeveralSockets` is absent where a router of an older version knows ports of one socket only. */
  | { readonly kind: 'ready'; readonly takesSeveralSockets?: boolean }
  | { readonly kind: 'serving' | 'in-charge' }
  | { readonly kind: 'table'; readonly table: InJson<RoutingTable> }
  | { readonly kind: 'news'; readonly news: InJson<RoutingTableNews> }
  | { readonly kind: 'end'; readonly graceMilliseconds: number }

export type FromPredecessor =
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'take-charge' }
  /**
   * `tableVersion` is the one in force; absent where a router of an older version knows nothing of `news`. `sharesPorts`
   * says whether others can open the ports, too; absent as well where that is not known.
   */
  | { readonly kind: 'begin'; readonly tableVersion?: number; readonly sharesPorts?: boolean }
  | { readonly kind: 'following' | 'lost'; readonly version: number }
  | { readonly kind: 'report'; readonly report: ReportInJson }

/** A successor that does not get on within this time is ended, and the old router stays what it was. */
const stepMilliseconds = 10_000
const reportMilliseconds = 100
/** What a router whose successor is gone still has open ends after so long: nobody else knows of it any more. */
const orphanMilliseconds = 60_000

export type Retiring = {
  readonly servers: () => ReadonlyMap<number, readonly Server[]>
  readonly sharesPorts: boolean
  readonly report: () => RouterReport
  /** Resolves to false where the news begin with another table than the one in force. */
  readonly follow: (told: RoutingTable | RoutingTableNews) => Promise<boolean>
  /** Lets go of lock and control socket. */
  readonly letGo: () => void
  /** The successor came to nothing after all. */
  readonly takeBack: () => Promise<void>
  /** What is still open is over after so long. */
  readonly end: (graceMilliseconds: number) => void
}

/** A router that is in charge now. */
export type Successor = {
  /** The last report of the one before it, which ends. Resolves when it was sent. */
  readonly tellLast: () => Promise<void>
}

/** Resolves when the successor is in charge. Rejects, with everything as it was, where it does not come up. */
export async function handOver(command: readonly string[], router: Retiring): Promise<Successor> {
  const [program = '', ...options] = command
  const child = spawn(program, [...options, '--succeeds'], {
    detached: true,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const mailbox = new Mailbox(child)
  let hasLetGo = false
  try {
    const { takesSeveralSockets = false } = await mailbox.next('ready')
    for (const [port, servers] of router.servers()) {
      for (const server of takesSeveralSockets ? servers : servers.slice(0, 1)) {
        child.send({ kind: 'port', port } satisfies FromPredecessor, server)
      }
    }
    const { tableVersion } = router.report()
    child.send({ kind: 'begin', tableVersion, sharesPorts: router.sharesPorts } satisfies FromPredecessor)
    await mailbox.next('serving')
    router.letGo()
    hasLetGo = true
    child.send({ kind: 'take-charge' } satisfies FromPredecessor)
    await mailbox.next('in-charge')
  } catch (error) {
    await kill(child)
    if (hasLetGo) await router.takeBack()
    throw error
  }
  keepInTouch(child, router)
  return { tellLast: () => tellReport(child, router) }
}

/** Resolves when it is gone, and with it its lock. */
async function kill(child: ChildProcess): Promise<void> {
  const isGone = child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  if (isGone) return
  const { promise, resolve } = Promise.withResolvers<void>()
  child.once('exit', () => resolve())
  child.kill('SIGKILL')
  await promise
}

/** Until this process ends: then the successor sees the channel closed. */
function keepInTouch(child: ChildProcess, router: Retiring): void {
  child.on('message', (message: FromSuccessor) => {
    if (message.kind === 'end') return router.end(message.graceMilliseconds)
    if (message.kind === 'table') void follow(child, router, outOfJson<RoutingTable>(message.table))
    if (message.kind === 'news') void follow(child, router, outOfJson<RoutingTableNews>(message.news))
  })
  const timer = setInterval(() => void tellReport(child, router), reportMilliseconds)
  child.once('disconnect', () => {
    clearInterval(timer)
    router.end(orphanMilliseconds)
  })
  timer.unref()
  child.unref()
  child.channel?.unref()
}

async function follow(child: ChildProcess, router: Retiring, told: RoutingTable | RoutingTableNews): Promise<void> {
  const isFollowing = await router.follow(told)
  void tellReport(child, router)
  if (!child.connected) return
  child.send({ kind: isFollowing ? 'following' : 'lost', version: told.version } satisfies FromPredecessor)
}

async function tellReport(child: ChildProcess, router: Retiring): Promise<void> {
  if (!child.connected) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const message: FromPredecessor = { kind: 'report', report: reportInJson(retiringReport(router.report())) }
  // Of one that is gone meanwhile, 'disconnect' tells.
  child.send(message, undefined, undefined, () => resolve())
  await promise
}

/** What a successor says, one message at a time. */
class Mailbox {
  readonly #child: ChildProcess
  readonly #heard = new Map<FromSuccessor['kind'], FromSuccessor>()
  #onNews: () => void = () => undefined
  #end: Error | undefined

  constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (message: FromSuccessor) => this.#note(message))
    child.on('error', (error) => this.#fail(`could not be started: ${error.message}`))
    child.once('exit', (code, signal) => this.#fail(`ended with ${code ?? signal}; its log says why`))
  }

  async next<Kind extends FromSuccessor['kind']>(kind: Kind): Promise<Extract<FromSuccessor, { kind: Kind }>> {
    const timer = setTimeout(() => this.#fail(`is not '${kind}' after ${stepMilliseconds / 1000} s`), stepMilliseconds)
    try {
      for (;;) {
        const heard = this.#heard.get(kind)
        if (heard !== undefined) return heard as Extract<FromSuccessor, { kind: Kind }>
        if (this.#end !== undefined) throw this.#end
        const { promise, resolve } = Promise.withResolvers<void>()
        this.#onNews = resolve
        await promise
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #note(message: FromSuccessor): void {
    this.#heard.set(message.kind, message)
    this.#onNews()
  }

  #fail(why: string): void {
    this.#end ??= new Error(`The next router (process ${this.#child.pid}) ${why}`)
    this.#onNews()
  }
}
