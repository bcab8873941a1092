import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { extname, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { isFileLockHeld } from './file-lock.ts'
import { lockHolder } from './lock-holder.ts'
import { makeDirectories } from './make-directories.ts'
import { withRoomForFiles } from './room-for-files.ts'
import { socketPathIn } from './socket-path.ts'

// An `import` would load `fetch` with it, and take several times as long.
const { request: httpRequest } = process.getBuiltinModule('node:http')

/** Nobody answers on the router's socket, or whoever did is gone. */
export class RouterUnreachable extends Error {
  /** False where a process has the socket but does not answer: then it holds the data directory too. */
  readonly isGone: boolean
  /** True where it could not even be asked: this process is out of what that takes, and the router may serve well. */
  readonly isOurs: boolean
  /** True where it took the call and let the time for an answer go by. */
  readonly isUnanswered: boolean

  constructor(cause: unknown) {
    super('The router does not answer', { cause })
    this.name = 'RouterUnreachable'
    const { code = '' } = cause as NodeJS.ErrnoException
    this.isGone = goneCodes.has(code)
    this.isOurs = oursCodes.has(code)
    this.isUnanswered = code === unansweredCode
  }
}

const goneCodes = new Set(['ENOENT', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'])
const unansweredCode = 'ETIMEDOUT'
const oursCodes = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS'])

/** The router answered that it could not do what it was asked. */
export class RouterRefused extends Error {
  readonly statusCode: number

  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** The exit code of a router that found its data directory taken. */
export const directoryTakenCode = 3

/** A process that is alive but does not answer is not waited for longer than this, where the caller says nothing else. */
const longestAnswerMilliseconds = 5_000

/** The routers of a data directory are numbered from 1. */
export type RouterNumber = number

/** `router`, `router-2`, … : what the names of a router's own files begin with. */
function baseName(router: RouterNumber): string {
  return router === 1 ? 'router' : `router-${router}`
}

/** Those that ran on a data directory at any time, and the first in any case. */
export function routerNumbers(dataDirectory: string): readonly RouterNumber[] {
  const directory = resolve(dataDirectory)
  const names = existsSync(directory) ? readdirSync(directory) : []
  const others = names.flatMap((name) => {
    const number = Number(/^router-(?<number>\d{1,3})\.lock$/.exec(name)?.groups?.['number'])
    return number > 1 ? [number] : []
  })
  return [1, ...others.toSorted((one, other) => one - other)]
}

/** `<data>/router.sock`, or where that is too long for a socket a short path made from it. */
export function routerSocketPath(dataDirectory: string, router: RouterNumber = 1): string {
  return socketPathIn(resolve(dataDirectory), baseName(router))
}

/** True while any router has the data directory, whether it answers or not. The locks are the routers' own; see there. */
export function isRouterLockHeld(dataDirectory: string): boolean {
  return routerNumbers(dataDirectory).some((router) => isLockHeld(dataDirectory, router))
}

function isLockHeld(dataDirectory: string, router: RouterNumber): boolean {
  return isFileLockHeld(lockFile(dataDirectory, router))
}

function lockFile(dataDirectory: string, router: RouterNumber): string {
  return join(resolve(dataDirectory), `${baseName(router)}.lock`)
}

/**
 * Ends a router that has its directory and does not answer, and with it what it holds up. Returns its process; undefined
 * where that is not known, neither from its lock nor from what it told when it did answer (`known`).
 */
export function killHungRouter(dataDirectory: string, router: RouterNumber, known?: number): number | undefined {
  const pid = lockHolder(lockFile(dataDirectory, router), routerSocketPath(dataDirectory, router)) ?? known
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself in the meantime.
  }
  return pid
}

export type RouterSpawn = {
  readonly listenHost: string
  readonly router: RouterNumber
  /** How many share the ports. */
  readonly routers: number
  readonly version: string
}

/**
 * Starts a router that lives on when this process ends: in a session of its own, with its output in `router.log`.
 * Resolves once it was begun; whether it serves is learnt from its socket.
 */
export function spawnRouter(dataDirectory: string, spawned: RouterSpawn): ChildProcess {
  const directory = resolve(dataDirectory)
  makeDirectories(directory)
  const output = openSync(routerLogFile(directory, spawned.router), 'a', 0o600)
  const [program = '', ...options] = routerCommand(directory, spawned)
  try {
    const child = spawn(program, options, {
      cwd: directory,
      detached: true,
      stdio: withRoomForFiles(['ignore', output, output], output),
      env: { ...routerEnvironment, ...process.env },
    })
    child.unref()
    return child
  } finally {
    closeSync(output)
  }
}

/**
 * Of Node. The first: what a collection of young objects looks through at a time, in MiB. With the default, which grows to
 * sixteen, one of them holds requests up for 5 to 15 ms after a large table; forwarding itself leaves little to collect.
 * The second: how many threads help with collections. A router has two processors to itself, and where the default, four,
 * are woken at once on those, they hold up the thread that woke them: the median full collection of a run took 3.5 to 6.2 ms
 * with them, and 3.0 to 4.0 ms with one, before what `src/router/v8-settings.ts` sets.
 */
export const routerNodeOptions: readonly string[] = ['--max-semi-space-size=1', '--v8-pool-size=1']

/**
 * Of the C library, where it is glibc: what connections have in memory lies in large pages, of which the processor has to
 * look up fewer. They are kept once they were touched, and used for large buffers, too: a page's first touch holds requests
 * up for milliseconds (`src/router/memory-warming.ts`). Whoever has set it to something else keeps that.
 */
export const routerEnvironment = {
  GLIBC_TUNABLES: [
    'glibc.malloc.hugetlb=1',
    'glibc.malloc.trim_threshold=134217728',
    'glibc.malloc.mmap_threshold=33554432',
  ].join(':'),
} as const

/** What a router is started with: the program, and what it is told. */
export function routerCommand(dataDirectory: string, spawned: RouterSpawn): readonly string[] {
  const { listenHost, router, version } = spawned
  const directory = resolve(dataDirectory)
  const socketPath = routerSocketPath(directory, router)
  const told: readonly (readonly [option: string, value: string])[] = [
    ['--data', directory],
    ['--listen-host', listenHost],
    ['--socket', socketPath],
    ['--name', baseName(router)],
    ['--version', version],
    ...siblingSockets(directory, spawned).map((path) => ['--sibling', path] as const),
  ]
  return [process.execPath, ...routerNodeOptions, routerMain(), ...told.flat(), '--detached']
}

/** Of the routers that share the ports with this one. */
export function siblingSockets(
  dataDirectory: string,
  { router, routers }: Pick<RouterSpawn, 'router' | 'routers'>,
): readonly string[] {
  const numbers = Array.from({ length: routers }, (_, at) => at + 1).filter((number) => number !== router)
  return numbers.map((number) => routerSocketPath(dataDirectory, number))
}

/** The same as this file: `.ts` as it is in the sources, `.js` once it was compiled. */
function routerMain(): string {
  return fileURLToPath(new URL(`../router/main${extname(import.meta.url)}`, import.meta.url))
}

/** The last line a router wrote, which says why it could not start; empty where there is none. */
export function lastLogLine(dataDirectory: string, router: RouterNumber = 1): string {
  try {
    return (
      readFileSync(routerLogFile(resolve(dataDirectory), router), 'utf8')
        .trimEnd()
        .split('\n')
        .at(-1) ?? ''
    )
  } catch {
    return ''
  }
}

function routerLogFile(directory: string, router: RouterNumber): string {
  return join(directory, `${baseName(router)}.log`)
}

/** One call to the router. Rejects with `RouterUnreachable`, or with `RouterRefused` and what it answered. */
export async function callRouter(
  socketPath: string,
  call: {
    readonly method: 'GET' | 'PUT' | 'PATCH' | 'POST'
    readonly path: string
    readonly body?: unknown
    readonly headers?: Readonly<Record<string, string>>
    readonly answerMilliseconds?: number
  },
): Promise<unknown> {
  const request = beginCall(socketPath, call)
  const noAnswer = Object.assign(new Error('no answer'), { code: unansweredCode })
  request.setTimeout(call.answerMilliseconds ?? longestAnswerMilliseconds, () => request.destroy(noAnswer))
  const { statusCode, body } = await readAnswer(request)
  if (statusCode === 200) return body
  throw new RouterRefused(statusCode, messageOf(body) ?? `The router answered ${statusCode}`)
}

/**
 * Asks the router to end, and resolves when it has: `ended`. There may have been none (`absent`), or one that has not
 * ended in time (`stuck`). For `lingerSeconds` it still answers what comes on connections that are open.
 */
export async function callShutdown(
  socketPath: string,
  graceSeconds: number,
  lingerSeconds = 0,
): Promise<'ended' | 'absent' | 'stuck'> {
  const request = beginCall(socketPath, { method: 'POST', path: '/shutdown', body: { graceSeconds, lingerSeconds } })
  let isReached = false
  let isStuck = false
  request.once('response', () => (isReached = true))
  request.setTimeout(graceSeconds * 1000 + longestAnswerMilliseconds, () => {
    isStuck = true
    request.destroy()
  })
  // The answer lasts as long as the router does, so its end, however it comes about, is the router's.
  await readAnswer(request).catch(() => undefined)
  if (isStuck) return 'stuck'
  return isReached ? 'ended' : 'absent'
}

function beginCall(
  socketPath: string,
  {
    method,
    path,
    body,
    headers: own = {},
  }: {
    readonly method: string
    readonly path: string
    readonly body?: unknown
    readonly headers?: Readonly<Record<string, string>>
  },
): ClientRequest {
  const content = body === undefined ? '' : JSON.stringify(body)
  const headers = { ...own, 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(content) }
  const request = httpRequest({ socketPath, method, path, headers, agent: false })
  request.end(content)
  return request
}

async function readAnswer(request: ClientRequest): Promise<{ readonly statusCode: number; readonly body: unknown }> {
  try {
    const { promise, resolve: onAnswer, reject } = Promise.withResolvers<IncomingMessage>()
    request.once('response', onAnswer)
    request.on('error', reject)
    const answer = await promise
    const content = await text(answer)
    return { statusCode: answer.statusCode ?? 0, body: JSON.parse(content) as unknown }
  } catch (error) {
    throw new RouterUnreachable(error)
  }
}

function messageOf(body: unknown): string | undefined {
  return typeof body === 'object' && body !== null && 'message' in body ? String(body.message) : undefined
}
