import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { createRequire } from 'node:module'
import { extname, join, resolve } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Log } from '../engine/ports.ts'
import type { Relay, RelayedAnswer, RelayedCall } from '../engine/relay.ts'
import { makeDirectories } from './make-directories.ts'
import { socketPathIn } from './socket-path.ts'

// An `import` would load `fetch` with it, and take several times as long.
const { request: httpRequest } = process.getBuiltinModule('node:http')

type Settings = { readonly dataDirectory: string; readonly log: Log }

type Running = { readonly child: ChildProcess; readonly socketPath: string }

/** A call that takes longer than this has met a program that hangs. */
const answerMilliseconds = 30_000
const startMilliseconds = 30_000

/**
 * DynamoDB, answered by dynalite: tables in `<data>/dynamodb`. It runs in a process of its own, because dynalite throws
 * where a client goes away at the wrong moment, and is started by the first call, because most people never make one. The
 * process ends with the engine, whichever way that goes, and the next engine's finds the tables again.
 */
export class DynamoDbStore implements Relay {
  readonly #settings: Settings
  #running: Promise<Running> | undefined
  #isClosed = false

  constructor(settings: Settings) {
    this.#settings = settings
  }

  async call(call: RelayedCall): Promise<RelayedAnswer> {
    if (this.#isClosed) throw new Error('The engine is ending.')
    this.#running ??= this.#begin()
    const starting = this.#running
    const running = await starting.catch((error: unknown) => {
      this.#forget(starting)
      throw error
    })
    try {
      return await passOn(call, running.socketPath)
    } catch (error) {
      // One that hangs is of no use to the next call either.
      running.child.kill('SIGKILL')
      this.#forget(starting)
      throw error
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const running = await this.#running?.catch(() => undefined)
    if (running === undefined || hasEnded(running.child)) return
    const exited = once(running.child, 'exit')
    running.child.stdin?.end()
    const timer = setTimeout(() => running.child.kill('SIGKILL'), 5_000)
    await exited
    clearTimeout(timer)
  }

  /** Its end may be told when the next one has begun, which is not forgotten with it. */
  #begin(): Promise<Running> {
    const running: Promise<Running> = this.#start(() => this.#forget(running))
    return running
  }

  async #start(onEnd: () => void): Promise<Running> {
    checkInstalled()
    const directory = join(resolve(this.#settings.dataDirectory), 'dynamodb')
    makeDirectories(directory)
    const socketPath = socketPathIn(resolve(this.#settings.dataDirectory), 'dynamodb')
    const child = spawn(process.execPath, [programPath(), directory, socketPath], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // Ctrl-C is the engine's to hear, which lets the calls that run be answered first.
      detached: true,
    })
    // Without it a process that has gone takes the engine with it, when that closes the pipe.
    child.stdin.on('error', () => undefined)
    child.once('exit', (code, signal) => {
      onEnd()
      this.#tellEnd(signal ?? code)
    })
    await told(child)
    return { child, socketPath }
  }

  #forget(running: Promise<Running>): void {
    if (this.#running === running) this.#running = undefined
  }

  #tellEnd(reason: NodeJS.Signals | number | null): void {
    if (this.#isClosed) return
    this.#settings.log.warn(`The store of DynamoDB's tables ended (${reason}). The next call starts it again.`)
  }
}

/** Whether dynalite is there is seen before its process is started, so that the error says what to do about it. */
function checkInstalled(): void {
  try {
    createRequire(import.meta.url).resolve('dynalite')
  } catch (error) {
    const message =
      'DynamoDB is answered by the package dynalite, which is not installed beside Teal (npm leaves it out with ' +
      '--omit=optional): npm install dynalite@4.'
    throw new Error(message, { cause: error })
  }
}

/** Resolves when the process says that it answers; rejects with what it says instead. */
async function told(child: ChildProcess): Promise<void> {
  let [said, complaint] = ['', '']
  const isReady = Promise.withResolvers<void>()
  const timer = setTimeout(() => child.kill('SIGKILL'), startMilliseconds)
  child.stdout?.on('data', (chunk: Buffer) => {
    said = `${said}${String(chunk)}`.slice(-100)
    if (said.includes('ready\n')) isReady.resolve()
  })
  // Its last words are kept, and what it says later is read, so that it never waits for a reader.
  child.stderr?.on('data', (chunk: Buffer) => (complaint = `${complaint}${String(chunk)}`.slice(-2_000)))
  child.once('error', (error) => isReady.reject(explained(error.message, error)))
  child.once('exit', () => isReady.reject(explained(complaint.trim(), complaint)))
  try {
    await isReady.promise
  } finally {
    clearTimeout(timer)
  }
}

const explained = (reason: string, cause: unknown): Error =>
  new Error(`The store of DynamoDB's tables could not be started: ${reason}`, { cause })

async function passOn({ method, path, headers, body }: RelayedCall, socketPath: string): Promise<RelayedAnswer> {
  const passedOn = Object.entries(headers).filter(([name]) => !hopByHop.has(name))
  try {
    const call = httpRequest({
      socketPath,
      method,
      path,
      headers: { ...Object.fromEntries(passedOn), host: 'localhost', 'content-length': body.length },
      agent: false,
      signal: AbortSignal.timeout(answerMilliseconds),
    })
    call.end(body)
    const [answer] = (await once(call, 'response')) as [IncomingMessage]
    return { status: answer.statusCode ?? 500, headers: headersOf(answer), body: await buffer(answer) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`The store of DynamoDB's tables did not answer: ${reason}. Ask again.`, { cause: error })
  }
}

/** What is about a connection and not about the call, and what is written anew. */
const hopByHop = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'origin',
  'transfer-encoding',
])

function headersOf({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const single = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' && !hopByHop.has(name) ? [[name, value]] : [],
  )
  return Object.fromEntries(single)
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

/** The same as this file: `.ts` as it is in the sources, `.js` once it was compiled. */
function programPath(): string {
  return fileURLToPath(new URL(`./dynamodb-store-program${extname(import.meta.url)}`, import.meta.url))
}
