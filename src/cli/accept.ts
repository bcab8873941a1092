import { InvalidArgumentError, Option, type Command } from 'commander'
import { writeFileSync } from 'node:fs'
import { comparedHeaders } from '../acceptance/comparison.ts'
import { htmlReport } from '../acceptance/html-report.ts'
import { junitReport } from '../acceptance/junit-report.ts'
import { counted, number } from '../acceptance/judgement.ts'
import { AcceptanceOptionError, type AcceptanceOptions } from '../acceptance/options.ts'
import { runAcceptance, type AcceptanceResult } from '../acceptance/run.ts'
import { parseUrlList, UrlListError, type ListedUrl } from '../acceptance/url-list.ts'
import { acceptText } from './accept-text.ts'
import { awsCommand, awsHelp, type AwsOptions } from './aws-access.ts'
import { parseDuration } from './duration.ts'
import { CliError, exitCode } from './exit-code.ts'
import { parseWebUrl } from './options.ts'
import { ProcessSignals } from './process-signals.ts'
import { ProgressLine } from './progress-line.ts'
import { readPlace } from './s3-place.ts'

type AcceptOptions = AwsOptions & {
  readonly url: string
  readonly list: string
  readonly threshold: number
  readonly inFlight: number
  readonly rate?: number
  readonly requestTimeout: number
  readonly totalTime?: number
  readonly retries: number
  readonly followRedirects: number
  readonly host?: string
  readonly header?: Readonly<Record<string, string>>
  readonly insecure: boolean
  readonly seed: number
  readonly compareWith?: string
  readonly compareHeaders: readonly string[]
  readonly compareBody: 'ignored' | 'hash' | 'json'
  readonly compareIgnore: readonly string[]
  readonly json: boolean
  readonly junit?: string
  readonly html?: string
}

export function acceptCommand(exitWith: (code: number) => void): Command {
  const command = awsCommand('accept')
    .summary('judge a version by the URLs that people request')
    .description(
      'Requests every URL of a list from a version, such as green on the test listener, and judges it by how many answer as ' +
        'they should: with the status the list expects, or 200, or as blue answers. `teal urls build` makes such a list.',
    )
    .requiredOption('--url <url>', 'where the version is reached', parseWebUrl)
    .requiredOption('--list <place>', 'the list: a file, s3://BUCKET/KEY, or - for standard input')
    .option('--threshold <percent>', 'how many of the URLs must pass', parseNumber, 95)
  addPaceOptions(command)
  addRequestOptions(command)
  addComparisonOptions(command)
  return command
    .option('--json', 'print the result as JSON', false)
    .option('--junit <file>', 'write it as JUnit XML')
    .option('--html <file>', 'write it as one HTML page')
    .addHelpText('after', help)
    .action((options: AcceptOptions) => accept(options, command, exitWith))
}

function addPaceOptions(command: Command): void {
  command
    .option('--in-flight <number>', 'requests at once', parseNumber, 50)
    .option('--rate <number>', 'requests that begin in a second, at most', parseNumber)
    .addOption(new Option('--request-timeout <duration>', 'for one answer').argParser(parseTime).default(10_000, '10s'))
    .addOption(new Option('--total-time <duration>', 'for all of them').argParser(parseTime))
    .option('--retries <number>', 'how often a request that failed is sent again', parseNumber, 0)
    .option('--seed <number>', 'decides the order of the requests', parseNumber, 1)
}

function addRequestOptions(command: Command): void {
  command
    .option('--host <name>', 'the Host header')
    .addOption(new Option('--header <name: value>', 'a header; may be given several times').argParser(parseHeader))
    .option(
      '--follow-redirects <number>',
      'within the server, where the status is not the one expected',
      parseNumber,
      0,
    )
    .option('--insecure', 'take any certificate', false)
}

function addComparisonOptions(command: Command): void {
  command
    .option('--compare-with <url>', 'judge by what this version answers, such as blue', parseWebUrl)
    .addOption(
      new Option('--compare-headers <names>', 'headers that must be equal, between commas')
        .argParser(parseList)
        .default(comparedHeaders, comparedHeaders.join(',')),
    )
    .addOption(
      new Option('--compare-body <how>', 'byte for byte, or the shape of JSON')
        .choices(['ignored', 'hash', 'json'])
        .default('ignored'),
    )
    .addOption(
      new Option('--compare-ignore <paths>', 'paths that are not compared, between commas; * stands for anything')
        .argParser(parseList)
        .default([], 'none'),
    )
}

const help = `
Examples:
  $ teal accept --url http://127.0.0.1:8080 --list acceptance_url_list.csv
  $ teal accept --url https://green.example.com --insecure --threshold 99 \\
      --list s3://lists/acceptance_url_list.csv --html report.html
  $ teal accept --url http://127.0.0.1:8080 --compare-with http://127.0.0.1 \\
      --compare-body json --compare-ignore '/now,/random/*' --list urls.csv

Exit codes: 0 passed · 1 it could not be run · 2 wrong usage
  3 the threshold was missed
${awsHelp}`

const thresholdMissed = 3

async function accept(options: AcceptOptions, command: Command, exitWith: (code: number) => void): Promise<void> {
  try {
    if (options.compareWith === undefined) refuseComparing(command)
    await judge(options, exitWith)
  } catch (error) {
    if (!(error instanceof AcceptanceOptionError)) throw error
    console.error(`teal: ${error.message}`)
    exitWith(exitCode.wrongUsage)
  }
}

/** What says how to compare would say nothing, and bodies would not be looked at. */
function refuseComparing(command: Command): void {
  const given = command.options.find(
    (option) => option.long?.startsWith('--compare-') && command.getOptionValueSource(option.attributeName()) === 'cli',
  )
  if (given === undefined) return
  throw new AcceptanceOptionError(
    `${given.long} says how to compare, and nothing is compared: name the other version, such as blue, with --compare-with URL.`,
  )
}

async function judge(options: AcceptOptions, exitWith: (code: number) => void): Promise<void> {
  const urls = await listOf(options)
  const result = await performed(urls, options)
  if (result.passed + result.failed > 0 && result.results.every(({ status }) => status === undefined)) {
    const [cause] = result.results.flatMap(({ cause: text }) => text ?? [])
    throw new CliError(
      `nothing answers at ${options.url}: ${cause}. None of ${counted(result.total, 'URL')} got an answer.`,
    )
  }
  const isSilent = result.results.some(({ isBlueSilent }) => isBlueSilent === true)
  if (isSilent && result.results.every(({ blueStatus }) => blueStatus === undefined)) {
    throw new CliError(`nothing answers at ${result.comparedWith}, so nothing could be compared with it.`)
  }
  // First what cannot fail: a report that cannot be written takes nothing of a long run away.
  console.log(options.json ? JSON.stringify(jsonOf(result), undefined, 2) : acceptText(result))
  if (options.junit !== undefined) write(options.junit, junitReport(result))
  if (options.html !== undefined)
    write(options.html, htmlReport(result, `${new Date().toISOString().slice(0, 19).replace('T', ' ')} UTC`))
  exitWith(result.isPassed ? exitCode.ok : thresholdMissed)
}

async function listOf(options: AcceptOptions): Promise<readonly ListedUrl[]> {
  try {
    return parseUrlList(await readPlace(options.list, options))
  } catch (error) {
    throw error instanceof UrlListError ? new CliError(`${options.list}: ${error.message}.`) : error
  }
}

async function performed(urls: readonly ListedUrl[], options: AcceptOptions): Promise<AcceptanceResult> {
  const progress = new ProgressLine()
  const ending = new AbortController()
  void endOnSignals(ending)
  try {
    return await runAcceptance(urls, {
      ...acceptanceOptions(options),
      signal: ending.signal,
      onProgress: ({ done, failed, total }) =>
        progress.show(done / total, `${number(done)} of ${counted(total, 'URL')}, ${number(failed)} failed`),
    })
  } catch (error) {
    throw error instanceof UrlListError ? new CliError(`${options.list}: ${error.message}.`) : error
  } finally {
    progress.clear()
  }
}

/** Ctrl-C ends the requests, and what was found until then is told; the second one ends the program, as `kill` does. */
async function endOnSignals(ending: AbortController): Promise<void> {
  const signals = new ProcessSignals()
  const signal = await signals.next()
  if (signal === 'SIGTERM') process.exit(exitCode.terminated)
  ending.abort()
  await signals.next()
  process.exit(exitCode.interrupted)
}

function acceptanceOptions(options: AcceptOptions): AcceptanceOptions {
  const { host, header, rate, totalTime, compareWith } = options
  return {
    url: options.url,
    thresholdPercent: options.threshold,
    inFlight: options.inFlight,
    requestTimeoutMilliseconds: options.requestTimeout,
    retries: options.retries,
    followRedirects: options.followRedirects,
    insecure: options.insecure,
    seed: options.seed,
    ...(host !== undefined && { host }),
    ...(header !== undefined && { headers: header }),
    ...(rate !== undefined && { requestsPerSecond: rate }),
    ...(totalTime !== undefined && { totalMilliseconds: totalTime }),
    ...(compareWith !== undefined && {
      comparison: {
        url: compareWith,
        headers: options.compareHeaders,
        body: options.compareBody,
        ignoredPaths: options.compareIgnore,
      },
    }),
  }
}

/** As the library has it, with the URLs' own members beside what became of them. */
function jsonOf({ results, ...result }: AcceptanceResult) {
  return { ...result, results: results.map(({ url, ...found }) => ({ ...url, ...found })) }
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw new CliError(`${file} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function parseNumber(text: string): number {
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(text)) throw new InvalidArgumentError('It is a number.')
  return Number(text)
}

function parseTime(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined) throw new InvalidArgumentError('It is a number and a unit: 500ms, 10s or 5m.')
  return milliseconds
}

function parseList(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function parseHeader(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const at = text.indexOf(':')
  if (at < 1) throw new InvalidArgumentError("It is a name and a value: 'x-preview: yes'.")
  return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1).trim() }
}
