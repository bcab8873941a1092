import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readOptions, usage } from './options.ts'
import type { DemoOptions } from './options.ts'
import { complaints } from './report.ts'
import { Stage } from './stage.ts'

// What was interrupted may still wait for an answer that never comes.
process.exit(await main())

async function main(): Promise<number> {
  let options: DemoOptions
  try {
    options = readOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
    return 2
  }
  if (options.help) {
    console.log(usage)
    return 0
  }
  const directory = mkdtempSync(join(tmpdir(), 'teal-demo-'))
  const stage = new Stage(directory, options)
  const interrupted = onInterrupt()
  let isKept = false
  try {
    const result = await Promise.race([stage.perform(), interrupted])
    if (typeof result === 'number') return result
    isKept = options.keep
    return complaints(result).length === 0 ? 0 : 1
  } catch (error) {
    console.error(`\nThe demo could not go on. ${error instanceof Error ? error.message : String(error)}`)
    return 1
  } finally {
    if (!isKept) await stage.clear()
  }
}

/** Resolves with the exit code of whoever is interrupted; later interrupts wait for the cleaning up. */
function onInterrupt(): Promise<number> {
  return new Promise((resolve) => {
    let isInterrupted = false
    const interrupt = (exitCode: number): void => {
      if (!isInterrupted) console.error('\nInterrupted: ending everything.')
      isInterrupted = true
      resolve(exitCode)
    }
    process.on('SIGINT', () => interrupt(130))
    process.on('SIGTERM', () => interrupt(143))
    process.on('SIGHUP', () => interrupt(129))
  })
}
