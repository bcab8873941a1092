import { SystemClock } from '../../src/adapters/system-clock.ts'
import { FunctionCodeDirectory } from '../../src/adapters/function-code-store.ts'
import { LambdaRuntime } from '../../src/adapters/lambda-runtime.ts'
import { anInvocation, zipOf } from './function-world.ts'

/**
 * A program that runs a function which never ends and has started a process of its own, and tells their pids; then its test
 * kills it. With a second argument that process is in a group of its own.
 */
const [dataDirectory = '', detached] = process.argv.slice(2)
const log = { info: () => undefined, warn: () => undefined }
const code = new FunctionCodeDirectory(dataDirectory)
const runtime = new LambdaRuntime({ dataDirectory, code, clock: new SystemClock(), log })
const source = `
  import { spawn } from 'node:child_process'
  import { writeSync } from 'node:fs'
  export const handler = async () => {
    const child = spawn('sleep', ['600'], { detached: ${detached !== undefined} })
    writeSync(1, process.pid + ' ' + child.pid + '\\n')
    for (;;);
  }
`
const { sha256 } = await code.keep(zipOf({ 'index.mjs': source }))
const onLogLine = (line: string): void => {
  if (/^\d+ \d+$/.test(line)) console.log(line)
}
await runtime.run({ ...anInvocation, requestId: 'killed', revisionId: sha256, codeSha256: sha256, onLogLine })
