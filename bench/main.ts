import { acceptanceUsage, performAcceptance } from './acceptance/main.ts'
import { benchBurst } from './burst.ts'
import { presentBurst } from './burst-report.ts'
import { performScale, scaleUsage } from './scale/main.ts'
import { usage, readOptions, type BenchOptions } from './options.ts'
import { Stage } from './stage.ts'
import { benchRouter } from './router.ts'
import { presentRouter } from './router-report.ts'
import { benchSwitch } from './switch.ts'
import { presentSwitch } from './switch-report.ts'
import { benchTable } from './table.ts'
import { presentTable } from './table-report.ts'
import { write } from './output.ts'

// What was interrupted may still wait for something that never comes.
process.exit(await main())

async function main(): Promise<number> {
  const [benchmark, ...argv] = process.argv.slice(2)
  if (benchmark === 'scale') return other(argv, { usageText: scaleUsage, perform: performScale })
  if (benchmark === 'acceptance') return other(argv, { usageText: acceptanceUsage, perform: performAcceptance })
  return router()
}

type OtherBenchmark = {
  readonly usageText: string
  readonly perform: (argv: readonly string[], say: (text: string) => void) => Promise<void>
}

/** What measures something else than the router has options of its own. */
async function other(argv: readonly string[], { usageText, perform: measure }: OtherBenchmark): Promise<number> {
  if (argv.includes('--help')) {
    console.log(usageText)
    return 0
  }
  try {
    await measure(argv, (text) => console.log(text))
    return 0
  } catch (error) {
    return stopped(error)
  }
}

async function router(): Promise<number> {
  let options: BenchOptions | undefined
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return 2
  }
  if (options === undefined) {
    console.log(usage)
    return 0
  }
  const stage = new Stage()
  const interruption = new AbortController()
  const interrupted = onInterrupt(interruption)
  try {
    return await Promise.race([perform(stage, options, interruption.signal).then(() => 0), interrupted])
  } catch (error) {
    return stopped(error)
  } finally {
    interruption.abort()
    await stage.clear()
  }
}

async function perform(stage: Stage, options: BenchOptions, signal: AbortSignal): Promise<void> {
  const course = { options, signal, say: (text: string) => console.log(text) }
  switch (options.benchmark) {
    case 'router': {
      const result = await benchRouter(stage, course)
      return write(options, { result, ...presentRouter(result) })
    }
    case 'switch': {
      const result = await benchSwitch(stage, course)
      return write(options, { result, ...presentSwitch(result) })
    }
    case 'burst': {
      const result = await benchBurst(stage, course)
      return write(options, { result, ...presentBurst(result) })
    }
    case 'table': {
      const result = await benchTable(stage, course)
      return write(options, { result, ...presentTable(result) })
    }
  }
}

/** Resolves with the exit code of whoever is interrupted; later interrupts wait for the cleaning up. */
function onInterrupt(interruption: AbortController): Promise<number> {
  return new Promise((resolve) => {
    const interrupt = (exitCode: number): void => {
      if (!interruption.signal.aborted) console.error('\nInterrupted: ending everything.')
      interruption.abort()
      resolve(exitCode)
    }
    process.on('SIGINT', () => interrupt(130))
    process.on('SIGTERM', () => interrupt(143))
    process.on('SIGHUP', () => interrupt(129))
  })
}

function stopped(error: unknown): number {
  console.error(`\nThe benchmark could not go on. ${error instanceof Error ? error.message : String(error)}`)
  return 1
}
