import { Command, CommanderError } from 'commander'
import { acceptCommand } from './accept.ts'
import { CliError, exitCode } from './exit-code.ts'
import { buildCommand } from './build-command.ts'
import { certificateCommand } from './certificate.ts'
import { consoleCommand } from './console.ts'
import { continueCommand } from './continue.ts'
import { deployCommand } from './deploy.ts'
import { deploymentCommand } from './deployment.ts'
import { deploymentsCommand } from './deployments.ts'
import { diffCommand } from './diff.ts'
import { doctorCommand } from './doctor.ts'
import { downCommand } from './down.ts'
import { eventsCommand } from './events.ts'
import { execCommand } from './exec.ts'
import { hookCommand } from './hook.ts'
import { initCommand } from './init.ts'
import { logsCommand } from './logs.ts'
import { renderCommand } from './render.ts'
import { requestsCommand } from './requests.ts'
import { rollbackCommand } from './rollback.ts'
import { serveCommand } from './serve.ts'
import { statusCommand } from './status.ts'
import { stopCommand } from './stop.ts'
import { tasksCommand } from './tasks.ts'
import { urlsCommand } from './urls.ts'
import { verifyCommand } from './verify.ts'
import { packageVersion } from './version.ts'
import { watchCommand } from './watch.ts'

/**
 * The program people run.
 *
 * @returns its exit code: 0 when it did what was asked, 1 when it failed, 2 when it was called in a way it does not know
 */
export async function main(argv: readonly string[]): Promise<number> {
  let result: number = exitCode.ok
  const program = createProgram((code) => {
    result = code
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return result
  } catch (error) {
    // Commander has already written its help, its version, or what is wrong with the usage.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.wrongUsage
    console.error(`teal: ${describe(error)}`)
    return exitCode.failed
  }
}

function createProgram(exitWith: (code: number) => void): Command {
  const program = new Command('teal')
    .description('Amazon ECS blue/green deployments with CodeDeploy and an Application Load Balancer, on this machine.')
    .version(packageVersion(), '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand('help [command]', "print a command's help")
    .configureHelp({ showGlobalOptions: false })
    .addHelpText('after', help)
  const commands = [
    serveCommand(exitWith),
    downCommand(),
    doctorCommand(exitWith),
    buildCommand(),
    deployCommand(exitWith),
    initCommand(),
    watchCommand(exitWith),
    consoleCommand(),
    statusCommand(),
    tasksCommand(),
    eventsCommand(),
    requestsCommand(),
    verifyCommand(exitWith),
    diffCommand(exitWith),
    renderCommand(),
    deploymentCommand(),
    deploymentsCommand(),
    continueCommand(),
    stopCommand(),
    rollbackCommand(exitWith),
    execCommand(exitWith),
    hookCommand(),
    logsCommand(),
    certificateCommand(),
    acceptCommand(exitWith),
    urlsCommand(),
  ]
  for (const command of commands) program.addCommand(command)
  inherit(program)
  return program
}

/** Applies to all commands what Commander does not hand down to added ones: the way errors of usage are told. */
function inherit(program: Command): void {
  for (const command of withSubcommands(program)) {
    command
      .exitOverride()
      .showSuggestionAfterError()
      .allowExcessArguments(false)
      .helpOption('--help', 'print this help')
      .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'teal: ')) })
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
