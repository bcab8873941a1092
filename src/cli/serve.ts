import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Command, Option } from 'commander'
import { requireOwnAddress } from '../adapters/own-address.ts'
import type { RunningTeal, TealOptions } from '../main.ts'
import { shellWord } from '../domain/shell-word.ts'
import { timeOfDay } from '../view/words.ts'
import { formatDuration } from './duration.ts'
import { CliError, forPerson } from './exit-code.ts'
import { dataOption, parseMinute, parsePort, parseRouters, parseWebUrl } from './options.ts'
import { ProcessSignals } from './process-signals.ts'
import { describeEnded } from './ended-text.ts'
import { packageVersion } from './version.ts'

type ServeOptions = {
  readonly port: number
  readonly data: string
  readonly minute: number
  readonly runtime: 'process' | 'docker' | 'auto'
  readonly host: string
  readonly listenHost: string
  readonly routers: number
  readonly webhook?: string
  readonly readOnly?: boolean
}

const oneMinute = 60_000

/** The other cores are the tasks'. */
function defaultRouters(): number {
  return Math.max(1, Math.floor(availableParallelism() / 2))
}

export function serveCommand(exitWith: (code: number) => void): Command {
  return new Command('serve')
    .summary('run Teal in the foreground')
    .description(
      'Runs Teal in the foreground: the endpoint for AWS clients, the load balancer, and the tasks. ' +
        'Ctrl-C ends all of them. SIGTERM ends the engine only: the load balancer and the tasks serve on, and the ' +
        'next `teal serve` on the same data directory takes them over and goes on where this one was.',
    )
    .addOption(
      new Option('--port <number>', "the endpoint's port; 0 for any free one").argParser(parsePort).default(4566),
    )
    .addOption(dataOption())
    .addOption(
      new Option('--minute <duration>', 'what one configured minute lasts, e.g. 300ms, 1s or 2m')
        .argParser(parseMinute)
        .default(oneMinute, '1m'),
    )
    .addOption(
      new Option('--runtime <kind>', 'how tasks run')
        .choices(['process', 'docker', 'auto'])
        .default('auto', 'auto: docker if it answers, unless `teal build` made images here'),
    )
    .option('--host <address>', 'the address of the endpoint; off loopback callers have to show a key', '127.0.0.1')
    .option('--listen-host <address>', "the address of load balancers' listeners", '127.0.0.1')
    .addOption(
      new Option('--routers <number>', 'how many processes the load balancer is; they share its ports')
        .argParser(parseRouters)
        .default(defaultRouters(), `${defaultRouters()}, one for two cores`),
    )
    .addOption(
      new Option(
        '--webhook <url>',
        'POST notifications of deployments to this URL, as SNS and EventBridge would',
      ).argParser(parseWebUrl),
    )
    .option('--read-only', 'the console only shows: nothing can be done from it')
    .addHelpText('after', help)
    .action(async (options: ServeOptions) => {
      exitWith(await serve(options))
    })
}

const help = `
Examples:
  $ teal serve
  $ teal serve --port 0 --data /tmp/teal    on any free port
  $ teal serve --minute 1s                  a wait of five minutes takes five
                                            seconds; health checks and drains
                                            keep theirs

Then, in another terminal:
  $ export AWS_ENDPOINT_URL=http://127.0.0.1:4566
  $ export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1
  $ export AWS_ACCESS_KEY_ID=teal AWS_SECRET_ACCESS_KEY=teal
  $ aws ecs list-clusters`

async function serve(options: ServeOptions): Promise<number> {
  ignoreClosedOutput()
  const signals = new ProcessSignals()
  const teal = await start({
    dataDirectory: options.data,
    host: options.host,
    port: options.port,
    listenHost: options.listenHost,
    routers: options.routers,
    version: packageVersion(),
    minuteMilliseconds: options.minute,
    runtime: options.runtime,
    isReadOnly: options.readOnly === true,
    webhook: options.webhook,
    log: {
      info: (message) => console.log(`${timeOfDay(new Date())} ${message}`),
      warn: (message) => console.error(`${timeOfDay(new Date())} ${message}`),
    },
  })
  leaveOnUnexpectedError()
  console.log(`teal is listening on ${teal.url}`)
  console.log(notes(teal, options).join('\n'))
  return end(teal, signals)
}

async function start(options: TealOptions): Promise<RunningTeal> {
  const { startTeal } = await import('../main.ts')
  try {
    await requireOwnAddress(options.listenHost)
    return await startTeal(options)
  } catch (error) {
    throw forPerson(error)
  }
}

function notes(teal: RunningTeal, options: ServeOptions): readonly string[] {
  const { host, minute } = options
  const { accessKeyId: id, secretAccessKey: secret } = teal.accessKey ?? {
    accessKeyId: 'teal',
    secretAccessKey: 'teal',
  }
  return [
    `  Teal ${packageVersion()}, data in ${teal.dataDirectory}; tasks run ${teal.tasksRun}.`,
    ...(minute === oneMinute
      ? []
      : [`  One configured minute lasts ${formatDuration(minute)}; health checks and drains keep their seconds.`]),
    teal.accessKey === undefined
      ? '  Recorded, not enforced: VPCs, subnets, security groups, IAM roles, and callers\u2019 credentials.'
      : '  Recorded, not enforced: VPCs, subnets, security groups and IAM roles. Other machines have to sign with the key below.',
    ...(teal.accessKey === undefined
      ? []
      : [`  Whoever has this key and reaches ${host} can run programs on this machine; the traffic is not encrypted.`]),
    `  The console: ${teal.url}/console${teal.accessKey === undefined ? '' : ' (its token is the secret access key)'}`,
    '  To use it:',
    `    export AWS_ENDPOINT_URL=${teal.url}`,
    '    export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1',
    `    export AWS_ACCESS_KEY_ID=${id} AWS_SECRET_ACCESS_KEY=${secret}`,
    // Otherwise images would be made where nobody looks for them.
    ...(teal.dataDirectory === resolve('.teal') ? [] : [`    export TEAL_DATA=${shellWord(teal.dataDirectory)}`]),
    '  Ctrl-C ends everything.',
  ]
}

async function end(teal: RunningTeal, signals: ProcessSignals): Promise<number> {
  const signal = await Promise.race([signals.next(), lostDirectory(teal)])
  if (teal.hasLostDirectory()) {
    await teal.killAll()
    throw new CliError(
      `The data directory ${teal.dataDirectory} was moved, removed or replaced by another: nothing could be kept any more. The ` +
        'engine, the load balancer and all tasks are ended. If it was moved, `teal serve --data` with its new ' +
        'place goes on with it; if it is gone, `teal serve` begins with nothing.',
    )
  }
  if (signal === 'SIGTERM') {
    console.log('Ending the engine. The load balancer and the tasks serve on; `teal down` ends them.')
    await teal.endEngine()
    return 0
  }
  console.log('Ending the engine, the load balancer and all tasks. Ctrl-C again does not wait for them to finish.')
  const ending = teal.endEverything()
  const over = new AbortController()
  void hurryOn(teal, signals, over.signal)
  try {
    console.log(describeEnded(await ending, teal.dataDirectory))
    return 0
  } catch (error) {
    throw forPerson(error)
  } finally {
    over.abort()
  }
}

/** Resolves when it is gone for good: what is renamed and renamed back is there again. */
async function lostDirectory(teal: RunningTeal): Promise<'lost'> {
  for (let looks = 0; looks < 3; await sleep(1_000)) looks = teal.hasLostDirectory() ? looks + 1 : 0
  return 'lost'
}

const hurryMilliseconds = 1_000

/** From the next signal on, again and again: what is being ended may still start something, such as another task. */
async function hurryOn(teal: RunningTeal, signals: ProcessSignals, over: AbortSignal): Promise<void> {
  await signals.next()
  for (let told = ''; !over.aborted; await sleep(hurryMilliseconds, undefined, { ref: false })) {
    try {
      teal.hurry()
    } catch (error) {
      const complaint = `Not everything could be ended at once: ${String(error)}`
      if (complaint !== told) console.error(complaint)
      told = complaint
    }
  }
}

/** A half-dead engine is worse than none: load balancer and tasks serve on, and the next engine takes everything up. */
function leaveOnUnexpectedError(): void {
  process.on('uncaughtException', (error) => {
    console.error(
      `teal: an unexpected error ended the engine. This is a fault of Teal's; please report it.\n${error.stack}`,
    )
    console.error('The load balancer and the tasks serve on. Run `teal serve` again to go on where it was.')
    process.exit(1)
  })
}

/** Whoever read the output may go away; the engine stays. */
function ignoreClosedOutput(): void {
  for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined)
}
