import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'

const source = new URL('../../src/cli/confirmation.ts', import.meta.url).href
const program = `import("${source}").then(({ isConfirmed }) => isConfirmed("Go back?")).then((answer) => { console.log("answer " + answer); process.exit(0) })`

test('yes is a yes; anything else at the keyboard, Ctrl-C and Ctrl-D too, is a no', async () => {
  for (const [typed, answer] of [
    ['y\n', 'true'],
    ['Yes\n', 'true'],
    ['n\n', 'false'],
    ['\n', 'false'],
    ['\u0003', 'false'],
    ['\u0004', 'false'],
  ] as const) {
    const terminal = spawn('script', ['-qec', `${process.execPath} -e '${program}'`, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    let screen = ''
    let isAnswered = false
    terminal.stdout.on('data', (chunk: Buffer) => {
      screen += chunk.toString('utf8')
      if (isAnswered || !screen.includes('[y/N] ')) return
      isAnswered = true
      terminal.stdin.write(typed)
    })
    await once(terminal, 'close')
    assert.match(screen, new RegExp(`Go back\\? \\[y/N\\] [^]*\\nanswer ${answer}\\r?\\n$`), JSON.stringify(typed))
  }
})
