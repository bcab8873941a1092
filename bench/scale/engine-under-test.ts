import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Ask, EngineFigures } from './engine-process.ts'

const program = fileURLToPath(new URL('engine-process.ts', import.meta.url))
const pollMilliseconds = 500

/** An engine in a process of its own, on a data directory, with a machine that only pretends. */
export class EngineUnderTest {
  readonly #child: ChildProcess
  readonly url: string
  /** From the process's first line of ours until it serves. */
  readonly startMilliseconds: number

  static async start(directory: string, minuteMilliseconds: number): Promise<EngineUnderTest> {
    const child = fork(program, [directory, String(minuteMilliseconds)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The engine ended with exit code ${String(code)}`)
    })
    const [started] = (await Promise.race([once(child, 'message'), ended])) as [StartedMessage]
    ended.catch(() => undefined)
    return new EngineUnderTest(child, started)
  }

  private constructor(child: ChildProcess, { url, startMilliseconds }: StartedMessage) {
    this.#child = child
    this.url = url
    this.startMilliseconds = startMilliseconds
  }

  /** Answers what was measured since it was last asked. */
  async ask(ask: Ask): Promise<EngineFigures> {
    this.#child.send(ask)
    const [figures] = (await once(this.#child, 'message')) as [EngineFigures]
    return figures
  }

  /** Answers what was measured from now until it was so. */
  async until(isSo: (figures: EngineFigures) => boolean, timeoutSeconds: number): Promise<EngineFigures> {
    const deadline = performance.now() + timeoutSeconds * 1_000
    let all: EngineFigures | undefined
    for (;;) {
      const figures = await this.ask({ kind: 'read' })
      all = all === undefined ? figures : together(all, figures)
      if (isSo(figures)) return all
      if (performance.now() > deadline) {
        throw new Error(`Not done after ${timeoutSeconds} seconds: ${JSON.stringify(all)}`)
      }
      await delay(pollMilliseconds)
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}

type StartedMessage = { readonly url: string; readonly startMilliseconds: number }

/** Sums of what passed, the worst of the delays, and everything else as it was last. */
function together(before: EngineFigures, now: EngineFigures): EngineFigures {
  return {
    ...now,
    seconds: before.seconds + now.seconds,
    cpuSeconds: before.cpuSeconds + now.cpuSeconds,
    heapMebibytes: Math.max(before.heapMebibytes, now.heapMebibytes),
    residentMebibytes: Math.max(before.residentMebibytes, now.residentMebibytes),
    loopDelayP99Milliseconds: Math.max(before.loopDelayP99Milliseconds, now.loopDelayP99Milliseconds),
    loopDelayMaxMilliseconds: Math.max(before.loopDelayMaxMilliseconds, now.loopDelayMaxMilliseconds),
  }
}
