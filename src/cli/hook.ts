import { Command } from 'commander'
import { hookAddCommand } from './hook-add.ts'
import { hookLogsCommand } from './hook-logs.ts'
import { hookRunCommand } from './hook-run.ts'

/** `teal hook add`, `teal hook run`, `teal hook logs`. */
export function hookCommand(): Command {
  const hook = new Command('hook')
    .summary('make and try the Lambda functions that deployments call')
    .description(
      'The Lambda functions that an AppSpec names under Hooks: make one of a directory, run it alone, see its log.',
    )
    .helpCommand('help [command]', "print a command's help")
  for (const command of [hookAddCommand(), hookRunCommand(), hookLogsCommand()]) hook.addCommand(command)
  return hook
}
