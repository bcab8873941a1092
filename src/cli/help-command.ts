import { Command } from 'commander'
import { nearestName } from '../domain/nearest-name.ts'

/** Commander's own knows no command within another, and prints all of the help, without a word, where there is none. */
export function addHelpCommands(command: Command): void {
  if (command.commands.length === 0) return
  for (const each of command.commands) addHelpCommands(each)
  command.helpCommand(false).addCommand(
    new Command('help')
      .description("print a command's help")
      .argument('[command...]')
      .action((names: readonly string[]) => {
        const named = commandNamed(command, names)
        const [left] = names.slice(depthOf(named) - depthOf(command))
        if (left !== undefined) refuse(named, left)
        named.help()
      }),
  )
}

/** With `--help` a name that there is not would be passed over for the help of what is before it. */
export function requireCommands(program: Command, argv: readonly string[]): void {
  const firstOption = argv.findIndex((each) => each.startsWith('-'))
  const names = firstOption === -1 ? argv : argv.slice(0, firstOption)
  const named = commandNamed(program, names)
  const [left] = names.slice(depthOf(named))
  if (left !== undefined && named.commands.length > 0) refuse(named, left)
}

/** As far as the names are those of commands: what comes behind may be an argument. */
function commandNamed(command: Command, [name, ...others]: readonly string[]): Command {
  const next = command.commands.find((each) => each.name() === name)
  return next === undefined ? command : commandNamed(next, others)
}

function depthOf({ parent }: Command): number {
  return parent === null ? 0 : depthOf(parent) + 1
}

function refuse(command: Command, name: string): never {
  const names = command.commands.map((each) => each.name())
  const nearest = nearestName(name, names)
  return command.error(`error: unknown command '${name}'${nearest === undefined ? '' : `\n(Did you mean ${nearest}?)`}`)
}
