import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

export const launcher = new URL('../../bin/teal.mjs', import.meta.url).pathname
const patienceMilliseconds = 60_000

export type CommandResult = { readonly exitCode: number | null; readonly output: string; readonly errors: string }

/** Runs `teal` with these arguments to its end. */
export function teal(...argv: readonly string[]): Promise<CommandResult> {
  return tealIn(process.cwd(), ...argv)
}

/** Runs `teal` in that directory. */
export async function tealIn(cwd: string, ...argv: readonly string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, [launcher, ...argv], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, COLUMNS: '80' },
  })
  const [output, errors, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { exitCode: exitCode as number | null, output, errors }
}

/** A directory for `--data`; whatever runs on it, and the directory itself, are gone after the test. */
export function dataDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'teal-test-'))
  t.after(async () => {
    await teal('down', '--data', directory)
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
  })
  return directory
}

/** `teal serve`, running. */
export class Serving {
  readonly child: ChildProcess
  output = ''

  constructor(data: string, ...options: readonly string[]) {
    const argv = [launcher, 'serve', '--runtime', 'process', '--port', '0', '--data', data, ...options]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.child = child
    const collect = (chunk: Buffer): void => {
      this.output += chunk.toString('utf8')
    }
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
  }

  /** Resolves with its URL once it says that it listens. */
  async url(): Promise<string> {
    const line = /^teal is listening on (http:\/\/\S+)$/m
    await until(
      () => line.test(this.output) || this.child.exitCode !== null,
      () => `teal serve says:\n${this.output}`,
    )
    const [, url] = line.exec(this.output) ?? []
    if (url === undefined) throw new Error(`teal serve ended with ${this.child.exitCode}:\n${this.output}`)
    return url
  }

  /** Sends the signal, and resolves with the exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals> {
    const closed = once(this.child, 'close')
    this.child.kill(signal)
    const [exitCode, endedBy] = (await closed) as [number | null, NodeJS.Signals | null]
    return exitCode ?? endedBy ?? 'SIGKILL'
  }
}

/** Looks until it is true; fails with what is said about it after a minute. */
export async function until(isTrue: () => boolean, complaint: () => string): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(complaint())
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** A process that has ended but was not yet collected by its parent counts as ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !existsSync(`/proc/${pid}/stat`) || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
