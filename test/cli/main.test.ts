import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { teal } from './command-line.ts'

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.deepEqual(await teal('--version'), { exitCode: 0, output: `${version}\n`, errors: '' })
})

test('help names every command, has examples, and fits into 80 columns', async () => {
  for (const argv of [[], ['serve'], ['down'], ['build']]) {
    const { exitCode, output, errors } = await teal(...argv, '--help')
    assert.equal(exitCode, 0)
    assert.equal(errors, '')
    assert.match(output, /Examples:\n {2}\$ teal /)
    for (const line of output.split('\n')) assert.ok(line.length <= 80, line)
  }
  assert.match((await teal('--help')).output, /serve[^]*down[^]*build[^]*Exit codes: 0 done · 1 failed · 2 wrong usage/)
})

test("every command's help fits into 80 columns", async () => {
  const commands = listedIn((await helps([[]])).join('')).map((name) => [name])
  assert(commands.length > 20)
  const shown = await helps(commands)
  const within = shown.flatMap((help, at) => listedIn(help).map((name) => [...(commands[at] ?? []), name]))
  for (const line of [...shown, ...(await helps(within))].join('\n').split('\n')) assert.ok(line.length <= 80, line)
})

/** The help of each of these commands, from one process. */
async function helps(commands: readonly (readonly string[])[]): Promise<readonly string[]> {
  const script = `
    const { main } = await import(${JSON.stringify(new URL('../../src/cli/main.ts', import.meta.url).href)})
    for (const argv of ${JSON.stringify(commands)}) {
      await main([...argv, '--help'])
      process.stdout.write('\\0')
    }`
  const env = { ...process.env, COLUMNS: '80' }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { env })
  return stdout.split('\0').slice(0, -1)
}

function listedIn(help: string): readonly string[] {
  const [, list = ''] = help.split('\nCommands:\n')
  return [...list.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name)
}

test('without a command the help is printed, and the usage is wrong', async () => {
  const { exitCode, errors } = await teal()
  assert.equal(exitCode, 2)
  assert.match(errors, /^Usage: teal/)
})

test('an unknown command or option is wrong usage, and the nearest one is suggested', async () => {
  const command = await teal('serv')
  assert.equal(command.exitCode, 2)
  assert.match(command.errors, /^teal: unknown command 'serv'\n\(Did you mean serve\?\)/)
  const option = await teal('serve', '--minutes', '1s')
  assert.equal(option.exitCode, 2)
  assert.match(option.errors, /^teal: unknown option '--minutes'\n\(Did you mean --minute\?\)/)
  assert.match(option.errors, /Run `teal serve --help`/)
})

test('help prints that of a command, also of one within another', async () => {
  for (const [argv, usage] of [
    [['help', 'deploy'], /^Usage: teal deploy /],
    [['help', 'hook', 'add'], /^Usage: teal hook add /],
    [['hook', 'help', 'add'], /^Usage: teal hook add /],
    [['help', 'hook'], /^Usage: teal hook \[/],
    [['help'], /^Usage: teal \[/],
  ] as const) {
    const { exitCode, output, errors } = await teal(...argv)
    assert.deepEqual([exitCode, errors], [0, ''])
    assert.match(output, usage)
  }
})

test('help of a command that there is not names it, suggests the nearest one, and is wrong usage', async () => {
  for (const [argv, message] of [
    [['help', 'nope'], /^teal: unknown command 'nope'\nRun `teal --help` to see what it knows\.\n$/],
    [['help', 'serv'], /^teal: unknown command 'serv'\n\(Did you mean serve\?\)\nRun `teal --help`/],
    [['help', 'hook', 'ad'], /^teal: unknown command 'ad'\n\(Did you mean add\?\)\nRun `teal hook --help`/],
    [['hook', 'help', 'nope'], /^teal: unknown command 'nope'\nRun `teal hook --help`/],
    [['help', 'deploy', 'web'], /^teal: unknown command 'web'\nRun `teal deploy --help`/],
    [['nope', '--help'], /^teal: unknown command 'nope'\nRun `teal --help`/],
    [['hook', 'nope', '--help'], /^teal: unknown command 'nope'\nRun `teal hook --help`/],
  ] as const) {
    const { exitCode, output, errors } = await teal(...argv)
    assert.match(errors, message)
    assert.deepEqual([exitCode, output], [2, ''])
  }
})

test('values that cannot be read are wrong usage, and the message says what can', async () => {
  for (const [argv, message] of [
    [['serve', '--minute', '5'], /'5' is invalid\. It is a number and a unit, ms, s or m: 300ms, 1s or 2m\./],
    [['serve', '--port', '99999'], /A port is a number from 0 \(any free one\) to 65535\./],
    [['serve', '--port', 'http'], /A port is a number/],
    [['serve', '--runtime', 'vm'], /Allowed choices are process, docker, auto\./],
    [['build', '.'], /required option '--tag <name:tag>' not specified/],
    [['build', '--tag', 'a:1'], /missing required argument 'directory'/],
    [
      ['render', 'all'],
      /^teal: 'all' is invalid for argument 'what'\. Allowed choices are task-definition, appspec\.$/m,
    ],
    [['down', 'now'], /too many arguments/],
    [['events', '--last', 'all'], /'all' is invalid\. It is a whole number: 0 for none of what was before\./],
  ] as const) {
    const { exitCode, errors } = await teal(...argv)
    assert.equal(exitCode, 2, errors)
    assert.match(errors, message)
  }
})

test('a file is no data directory, and the message says so', async () => {
  const file = new URL(import.meta.url).pathname
  const example = new URL('../../examples/hello', import.meta.url).pathname
  for (const command of [['down'], ['build', example, '--tag', 'hello:1']]) {
    const { exitCode, errors } = await teal(...command, '--data', file)
    assert.equal(exitCode, 1)
    assert.ok(errors.includes(`The data directory ${file} is not a directory`), errors)
  }
})
