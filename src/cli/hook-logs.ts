import { Command, InvalidArgumentError, Option } from 'commander'
import { existsSync } from 'node:fs'
import { CliError } from './exit-code.ts'
import { dataOption } from './options.ts'

type HookLogsOptions = {
  readonly data: string
  readonly lines: number
  readonly region: string
  readonly json: boolean
}

export function hookLogsCommand(): Command {
  return new Command('logs')
    .summary("show the end of a hook's log")
    .description(
      'Shows the last lines that a Lambda function of this machine has written, with their times, whoever invoked it.',
    )
    .argument('<name>', "the function's name")
    .addOption(new Option('--lines <number>', 'how many').argParser(parseLines).default(100))
    .addOption(new Option('--region <region>', "the function's region").env('AWS_REGION').default('us-east-1'))
    .addOption(dataOption())
    .option('--json', 'print a JSON object a line: at, text', false)
    .addHelpText('after', help)
    .action(showLogs)
}

const help = `
Examples:
  $ teal hook logs check-green
  $ teal hook logs check-green --lines 10 --json | jq -r .text

\`teal logs --hook NAME --follow\` shows it as it is written, from anywhere.`

async function showLogs(name: string, { data, lines, region, json }: HookLogsOptions): Promise<void> {
  const { logFiles } = await import('../adapters/lambda-log.ts')
  const { readLogTail } = await import('../adapters/log-tail.ts')
  const files = logFiles({ dataDirectory: data, functionName: name, region })
  if (!files.some((file) => existsSync(file))) {
    throw new CliError(
      `function ${name} has written nothing yet in ${region} (there is no ${files.at(-1)}). Where it is another machine's, or AWS's: teal logs --hook ${name}`,
    )
  }
  for (const line of await readLogTail(files, lines)) console.log(json ? inJson(line) : line)
}

/** A line begins with its time. */
function inJson(line: string): string {
  const end = line.indexOf(' ')
  return JSON.stringify({ at: line.slice(0, end), text: line.slice(end + 1) })
}

function parseLines(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It is a number from 1 to 99999.')
  return Number(text)
}
