import { styleText } from 'node:util'
import { Command, Option } from 'commander'
import { checkMachine } from './doctor-machine.ts'
import { checkData } from './doctor-data.ts'
import { exitCode } from './exit-code.ts'
import { dataOption, parsePort } from './options.ts'
import { wrapped } from './text.ts'

type DoctorOptions = {
  readonly port: number
  readonly data: string
  readonly host: string
  readonly listenHost: string
  readonly json: boolean
}

/** What was looked at, and what came of it. */
export type Check = {
  readonly name: string
  /** `problem`: something will not work. `warning`: it may not. `note`: good to know. */
  readonly status: 'ok' | 'note' | 'warning' | 'problem'
  readonly what: string
  /** What to do; absent where nothing is to be done. */
  readonly how?: string
}

export function doctorCommand(exitWith: (code: number) => void): Command {
  return new Command('doctor')
    .summary('look for what keeps Teal from working here')
    .description(
      'Looks at this machine and the data directory: Node.js, Docker, the aws command and where it is pointed, the ' +
        "endpoint's port and the listeners', disk, permissions, limits, the clock, and what an engine that was killed " +
        'has left behind. Says what to do about each. Changes nothing.',
    )
    .addOption(new Option('--port <number>', "the endpoint's port").argParser(parsePort).default(4566))
    .addOption(dataOption())
    .option('--host <address>', 'the address of the endpoint', '127.0.0.1')
    .option('--listen-host <address>', "the address of load balancers' listeners", '127.0.0.1')
    .option('--json', 'print the checks as JSON', false)
    .addHelpText('after', help)
    .action(async (options: DoctorOptions) => {
      exitWith(await doctor(options))
    })
}

const help = `
Examples:
  $ teal doctor
  $ teal doctor --port 4567 --data /var/lib/teal
  $ teal doctor --json | jq '.checks[] | select(.status != "ok")'

Exit codes: 0 all is well, perhaps with warnings · 1 something will not work ·
2 wrong usage`

async function doctor({ json, ...options }: DoctorOptions): Promise<number> {
  const [data, machine] = await Promise.all([checkData(options), checkMachine()])
  const checks = [...machine, ...data]
  console.log(json ? JSON.stringify({ checks }, undefined, 2) : doctorText(checks))
  return checks.some(({ status }) => status === 'problem') ? exitCode.failed : exitCode.ok
}

function doctorText(checks: readonly Check[]): string {
  const lines = checks.map(({ name, status, what, how }) => {
    const text = `${status.padEnd(8)} ${name.padEnd(nameWidth)} ${what}`
    const first = wrapped(text, indent).replace(status, styleText(colors[status], status))
    return how === undefined ? first : `${first}\n${wrapped(`${' '.repeat(indent)}${how}`, indent)}`
  })
  const problems = checks.filter(({ status }) => status === 'problem').length
  const warnings = checks.filter(({ status }) => status === 'warning').length
  const [ofProblems, ofWarnings] = [numbered(problems, 'problem'), numbered(warnings, 'warning')]
  const summary =
    problems + warnings === 0 ? 'All is well.' : `${[ofProblems, ofWarnings].filter((text) => text !== '').join(', ')}.`
  return [...lines, '', summary].join('\n')
}

const nameWidth = 14
const indent = 24
const colors = { ok: 'green', note: 'cyan', warning: 'yellow', problem: 'red' } as const

function numbered(count: number, noun: string): string {
  return count === 0 ? '' : `${count} ${noun}${count === 1 ? '' : 's'}`
}
