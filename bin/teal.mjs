#!/usr/bin/env node
// Starts Teal under a Node.js that can run it: this one, or the one that npm installed beside it for older machines.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const neededMajor = 24
/** Set for a Teal that was started by this launcher under an older Node.js. */
const launchedVariable = 'TEAL_LAUNCHED'

if (Number(process.versions.node.split('.')[0]) >= neededMajor) await runHere()
else runUnderNewerNode()

async function runHere() {
  if (process.env[launchedVariable] !== undefined) {
    delete process.env[launchedVariable]
    endWithLauncher()
  }
  const sources = new URL('../src/cli/main.ts', import.meta.url)
  const built = new URL('../dist/cli/main.js', import.meta.url)
  const { main } = await import(existsSync(sources) ? sources.href : built.href)
  // Whatever may still be open: when the program has done its work, or failed, nothing of it stays behind.
  process.exit(await main(process.argv.slice(2)))
}

/** Whoever kills the process they started means the program, not the launcher: the program goes with it. */
function endWithLauncher() {
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.channel?.unref()
}

function runUnderNewerNode() {
  const node = newerNode()
  if (node === undefined) {
    console.error(
      `Teal needs Node.js ${neededMajor} or newer, and this is ${process.version}.\n` +
        `npm installs one beside Teal on Linux (the optional dependency ${nodePackage()}), but it is not there:\n` +
        'run `npm install` again without --omit=optional, or install Node.js from https://nodejs.org.',
    )
    process.exitCode = 1
    return
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, [launchedVariable]: '1' },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(`${node} could not be started: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + constants.signals[signal])
  })
}

function newerNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`${nodePackage()}/package.json`)
    const node = join(dirname(manifest), 'bin', 'node')
    return existsSync(node) ? node : undefined
  } catch {
    return undefined
  }
}

function nodePackage() {
  return `node-${process.platform}-${process.arch}`
}
