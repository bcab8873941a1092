import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { dataDirectory, Serving } from '../cli/command-line.ts'
import { freePort } from '../free-port.ts'

const root = resolve(import.meta.dirname, '../..')
const guide = readFileSync(join(root, 'docs/first-deployment.md'), 'utf8')

test('the commands of the first deployment do what the guide says', { timeout: 240_000 }, async (t) => {
  if (!(await isThere('aws')) || !(await isThere('curl')))
    return t.skip('There is no `aws` or no `curl` on this machine.')
  const data = dataDirectory(t)
  const serving = new Serving(data, '--minute', '1s')
  const url = await serving.url()
  const [productionPort, testPort] = [await freePort(), await freePort()]
  const script = commandsOf(guide)
    .replaceAll('http://127.0.0.1:4566', url)
    .replaceAll('8080/', `${productionPort}/`)
    .replaceAll('listener 8080', `listener ${productionPort}`)
    .replaceAll('listener 8081', `listener ${testPort}`)
    .replaceAll('npx teal', `'${process.execPath}' '${join(root, 'bin/teal.mjs')}'`)
  const { code, output } = await run(t, script, data)
  assert.equal(code, 0, output)
  assert.deepEqual(
    [...output.matchAll(/x-hello-version: (\d)/gi)].map(([, version]) => version),
    ['1', '2', '3', '2'],
    output,
  )
  assert.match(output, /Stopped\tDeployment d-\w{9} terminated\. Automatic rollback is triggered/)
  assert.equal(await serving.end('SIGINT'), 0)
})

/** The fenced blocks, one after the other, as a person would type them. */
function commandsOf(text: string): string {
  return [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block).join('\n')
}

async function run(t: TestContext, script: string, data: string): Promise<{ code: number; output: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'teal-guide-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  symlinkSync(join(root, 'examples'), join(directory, 'examples'))
  const shell = spawn('bash', ['-eu', '-o', 'pipefail', '-c', script], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], TEAL_DATA: data },
    detached: true,
  })
  t.after(() => endGroup(shell.pid))
  let output = ''
  for (const stream of [shell.stdout, shell.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
  const [code] = (await once(shell, 'close')) as [number | null]
  return { code: code ?? -1, output }
}

/** The script's commands as well, where a failed test leaves any behind. */
function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // They have ended.
  }
}

async function isThere(command: string): Promise<boolean> {
  return promisify(execFile)(command, ['--version']).then(
    () => true,
    () => false,
  )
}
