import { Command, CommanderError } from 'commander'
import { CliError, exitCode, WrongUsageError } from './exit-code.ts'
import { addHelpCommands, requireCommands } from './help-command.ts'
import { watchOutput, whenPrinted } from './output.ts'
import { packageVersion } from './version.ts'

/**
 * The program people run.
 *
 * @returns its exit code: 0 when it did what was asked, 1 when it failed, 2 when it was called in a way it does not know
 */
export async function main(argv: readonly string[]): Promise<number> {
  watchOutput()
  return whenPrinted(await run(argv))
}

async function run(argv: readonly string[]): Promise<number> {
  let result: number = exitCode.ok
  try {
    const program = await createProgram(argv[0], (code) => {
      result = code
    })
    requireCommands(program, argv)
    await program.parseAsync([...argv], { from: 'user' })
    return result
  } catch (error) {
    // Commander has already written its help, its version, or what is wrong with the usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.wrongUsage
    console.error(`teal: ${describe(error)}`)
    return error instanceof WrongUsageError ? exitCode.wrongUsage : exitCode.failed
  }
}

async function createProgram(first: string | undefined, exitWith: (code: number) => void): Promise<Command> {
  const program = new Command('teal')
    .description('Amazon ECS blue/green deployments with CodeDeploy and an Application Load Balancer, on this machine.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', help)
  for (const load of asked(first)) program.addCommand(await load(exitWith))
  addHelpCommands(program)
  inherit(program)
  return program
}

/** In the order of the help. Each is loaded when it is asked for, and all of them only for the help of them all. */
const commands: Readonly<Record<string, (exitWith: (code: number) => void) => Promise<Command>>> = {
  serve: async (exitWith) => (await import('./serve.ts')).serveCommand(exitWith),
  down: async () => (await import('./down.ts')).downCommand(),
  doctor: async (exitWith) => (await import('./doctor.ts')).doctorCommand(exitWith),
  build: async () => (await import('./build-command.ts')).buildCommand(),
  deploy: async (exitWith) => (await import('./deploy.ts')).deployCommand(exitWith),
  init: async () => (await import('./init.ts')).initCommand(),
  watch: async (exitWith) => (await import('./watch.ts')).watchCommand(exitWith),
  console: async () => (await import('./console.ts')).consoleCommand(),
  status: async () => (await import('./status.ts')).statusCommand(),
  tasks: async () => (await import('./tasks.ts')).tasksCommand(),
  events: async () => (await import('./events.ts')).eventsCommand(),
  requests: async () => (await import('./requests.ts')).requestsCommand(),
  verify: async (exitWith) => (await import('./verify.ts')).verifyCommand(exitWith),
  diff: async (exitWith) => (await import('./diff.ts')).diffCommand(exitWith),
  render: async () => (await import('./render.ts')).renderCommand(),
  deployment: async () => (await import('./deployment.ts')).deploymentCommand(),
  deployments: async () => (await import('./deployments.ts')).deploymentsCommand(),
  continue: async () => (await import('./continue.ts')).continueCommand(),
  stop: async () => (await import('./stop.ts')).stopCommand(),
  rollback: async (exitWith) => (await import('./rollback.ts')).rollbackCommand(exitWith),
  exec: async (exitWith) => (await import('./exec.ts')).execCommand(exitWith),
  hook: async () => (await import('./hook.ts')).hookCommand(),
  logs: async () => (await import('./logs.ts')).logsCommand(),
  certificate: async () => (await import('./certificate.ts')).certificateCommand(),
  accept: async (exitWith) => (await import('./accept.ts')).acceptCommand(exitWith),
  urls: async () => (await import('./urls.ts')).urlsCommand(),
}

function asked(first: string | undefined): readonly (typeof commands)[string][] {
  if (first === '--version') return []
  const named = first !== undefined && Object.hasOwn(commands, first) ? commands[first] : undefined
  return named === undefined ? Object.values(commands) : [named]
}

/** Applies to all commands what Commander does not hand down to added ones: the way errors of usage are told. */
function inherit(program: Command): void {
  for (const command of withSubcommands(program)) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .allowExcessArguments(false)
      .helpOption('--help', 'print this help')
      .configureOutput({
        outputError: (text, write) => write(text.replace(/^error: (command-argument value )?/, 'teal: ')),
      })
      .showHelpAfterError(`Run \`${nameOf(command)} --help\` to see what it knows.`)
  }
}

function withSubcommands(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withSubcommands)]
}

/** As it is typed: `teal hook add`. */
function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`
}

const help = `
Examples:
  $ teal serve                        run Teal here, in the foreground
  $ teal serve --minute 1s            with waits of minutes made seconds
  $ teal init shop                    write a project with its AWS files
  $ teal build . --tag web:1          make an image of this directory
  $ export AWS_ENDPOINT_URL=http://127.0.0.1:4566
  $ teal verify                       what would make a deployment fail
  $ teal deploy --image web=web:2     deploy, and watch
  $ teal status                       what is live
  $ teal deployment d-ABCDEF123       how it goes, and why
  $ teal logs --lb --follow           every request to the load balancer
  $ teal urls build logs/ --to urls.csv   the URLs that people request
  $ teal accept --url … --list urls.csv   judge a version by them
  $ teal doctor                       what keeps Teal from working here
  $ teal down                         end everything, also what an engine that
                                      has ended left running

Exit codes: 0 done · 1 failed · 2 wrong usage`

/** A person can act on the message of an expected error; an unexpected one is told whole, for a report. */
function describe(error: unknown): string {
  if (error instanceof CliError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
