import { Command } from 'commander'
import { describeEnded } from './ended-text.ts'
import { forPerson } from './exit-code.ts'
import { dataOption } from './options.ts'

type DownOptions = { readonly data: string; readonly json: boolean }

export function downCommand(): Command {
  return new Command('down')
    .summary('end everything of a data directory')
    .description(
      'Ends the engine, the load balancer and all tasks of a data directory, also those that an ended or killed ' +
        'engine left running. What is stored stays. May be run any number of times.',
    )
    .addOption(dataOption())
    .option('--json', 'print what was ended as JSON', false)
    .addHelpText('after', help)
    .action(down)
}

const help = `
Examples:
  $ teal down
  $ teal down --data /tmp/teal --json`

async function down({ data, json }: DownOptions): Promise<void> {
  const { endTeal } = await import('../adapters/teardown.ts')
  const ended = await endTeal({ dataDirectory: data }).catch((error: unknown) => {
    throw forPerson(error)
  })
  console.log(json ? JSON.stringify(ended) : describeEnded(ended, data))
}
