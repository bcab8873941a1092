import { InvalidArgumentError, Option, type Command } from 'commander'
import { renameSync, writeFileSync } from 'node:fs'
import { counted, number } from '../acceptance/judgement.ts'
import { linesOf } from '../acceptance/lines.ts'
import { loggedRequest, type LeftOut } from '../acceptance/logged-request.ts'
import { UrlCensus, type MergeCounts } from '../acceptance/url-census.ts'
import { formatUrlList, parseUrlList, UrlListError, type ListedUrl } from '../acceptance/url-list.ts'
import { awsCommand, awsHelp, type AwsOptions } from './aws-access.ts'
import { CliError } from './exit-code.ts'
import { logFiles, type LogFile } from './log-files.ts'
import { ProgressLine } from './progress-line.ts'
import { readPlaceIfAny, s3Place, writeObject } from './s3-place.ts'
import { columns } from './text.ts'

type BuildOptions = AwsOptions & {
  readonly to: string
  readonly limit: number
  readonly seed: number
  readonly merge: boolean
  readonly halfLife: number
  readonly keepDays: number
  readonly host?: readonly string[]
  readonly exclude?: readonly RegExp[]
  readonly json: boolean
}

export function urlsBuildCommand(): Command {
  return awsCommand('build')
    .summary('make a list of the URLs that people request')
    .description(
      "Makes a list of URLs of a load balancer's access logs: one of every shape (/shop/:number), the most requested ones, and " +
        'a random sample of the rare ones, each with the status it was answered. CSV; the first column is the path.',
    )
    .argument('<logs...>', 'files, directories, patterns, or s3://BUCKET/PREFIX; gzipped or not')
    .requiredOption('--to <place>', 'where the list goes: a file, s3://BUCKET/KEY, or - for standard output')
    .option('--limit <number>', 'how many URLs it may have', parseCount, 3000)
    .option('--merge', 'take over what is in the list already', false)
    .option('--half-life <days>', 'with --merge: after so long a request counts half', parseCount, 7)
    .option('--keep-days <days>', 'with --merge: forget what was not requested for so long', parseCount, 90)
    .addOption(
      new Option('--host <name...>', 'requests to these hosts only').argParser(
        (text: string, before: readonly string[] | undefined) => [...(before ?? []), parseHost(text)],
      ),
    )
    .addOption(
      new Option('--exclude <pattern...>', 'leave out paths in which this regular expression is found').argParser(
        (text: string, before: readonly RegExp[] | undefined) => [...(before ?? []), parsePattern(text)],
      ),
    )
    .option('--seed <number>', 'decides which rare URLs are taken', parseCount, 1)
    .option('--json', 'print what was read and written as JSON', false)
    .addHelpText('after', help)
    .action(build)
}

const help = `
Examples:
  $ teal urls build logs/ --to acceptance_url_list.csv
  $ teal urls build s3://logs/web/AWSLogs/ \\
      --to s3://lists/acceptance_url_list.csv
  $ DAY=123456789012/elasticloadbalancing/eu-west-1/2026/11/20/
  $ teal urls build "s3://logs/web/AWSLogs/$DAY" --merge \\
      --to s3://lists/acceptance_url_list.csv
  $ teal urls build yesterday.log.gz --exclude '^/admin' '/logout' --to urls.csv
${awsHelp}`

type Report = {
  readonly files: number
  readonly lines: number
  readonly requests: number
  readonly leftOut: Readonly<Record<string, number>>
  readonly hosts: Readonly<Record<string, number>>
  readonly former?: MergeCounts
  readonly urls: number
  readonly shapes: number
  readonly trafficPercent: number
  readonly milliseconds: number
  readonly to: string
}

async function build(places: readonly string[], options: BuildOptions): Promise<void> {
  const begun = performance.now()
  const former = options.merge ? await formerList(options) : undefined
  const files = await logFiles(places, options)
  const reading = new Reading(options)
  const progress = new ProgressLine()
  try {
    await reading.read(files, progress)
  } finally {
    progress.clear()
  }
  const { census } = reading
  const ageing = { halfLifeDays: options.halfLife, keepDays: options.keepDays }
  const merged = former && census.merge(former, ageing)
  const { urls, shapes, trafficPercent } = census.list()
  if (urls.length === 0) {
    throw new CliError(
      `no line of these logs gives a URL: ${reading.reasons() || 'they are empty'}. Nothing was written.`,
    )
  }
  await writeList(options, formatUrlList(urls))
  const report: Report = {
    files: files.length,
    requests: census.requests,
    ...reading.counts(),
    ...(merged && { former: merged }),
    urls: urls.length,
    shapes,
    trafficPercent,
    milliseconds: Math.round(performance.now() - begun),
    to: options.to,
  }
  const text = options.json ? JSON.stringify(report, undefined, 2) : describe(report)
  if (options.to === '-') console.error(text)
  else console.log(text)
}

const mostHosts = 1_000

/** Reads logs into a census, and counts what it finds. */
class Reading {
  readonly census: UrlCensus
  readonly #options: BuildOptions
  readonly #hosts = new Map<string, number>()
  readonly #leftOut = new Map<string, number>()
  #lines = 0

  constructor(options: BuildOptions) {
    this.#options = options
    this.census = new UrlCensus({ most: options.limit, seed: options.seed })
  }

  async read(files: readonly LogFile[], progress: ProgressLine): Promise<void> {
    const all = files.reduce((sum, { bytes }) => sum + bytes, 0)
    let before = 0
    for (const file of files) {
      let read = 0
      const stream = await file.open()
      stream.on('data', (chunk: Buffer) => (read += chunk.length))
      stream.pause()
      try {
        for await (const lines of linesOf(stream, { isGzipped: file.name.endsWith('.gz') })) {
          for (const line of lines) this.#take(line)
          const text = `${counted(this.#lines, 'line')} of ${counted(files.length, 'file')}`
          progress.show((before + Math.min(read, file.bytes)) / all, text)
        }
      } catch (error) {
        throw new CliError(
          `${file.name} cannot be read to its end: ${error instanceof Error ? error.message : String(error)}`,
        )
      }
      before += file.bytes
    }
  }

  counts(): Pick<Report, 'lines' | 'leftOut' | 'hosts'> {
    return { lines: this.#lines, leftOut: Object.fromEntries(this.#leftOut), hosts: Object.fromEntries(this.#hosts) }
  }

  reasons(): string {
    return [...this.#leftOut].map(([reason, count]) => `${number(count)} × ${reason}`).join(', ')
  }

  #take(line: string): void {
    if (line === '') return
    this.#lines += 1
    const request = loggedRequest(line)
    if (typeof request === 'string') {
      this.#leave(request)
      return
    }
    const { host, path } = request
    const { host: wanted, exclude = [] } = this.#options
    if (this.#hosts.has(host) || this.#hosts.size < mostHosts) this.#hosts.set(host, (this.#hosts.get(host) ?? 0) + 1)
    if (wanted !== undefined && !wanted.includes(host)) this.#leave('other hosts')
    else if (exclude.some((pattern) => pattern.test(path))) this.#leave('excluded')
    else this.census.add(request)
  }

  #leave(reason: LeftOut | 'other hosts' | 'excluded'): void {
    this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + 1)
  }
}

/** None where there is no list yet. */
async function formerList(options: BuildOptions): Promise<readonly ListedUrl[]> {
  if (options.to === '-') throw new CliError('--merge needs a list to merge with: name a place with --to.')
  const text = await readPlaceIfAny(options.to, options)
  try {
    return text === undefined ? [] : parseUrlList(text)
  } catch (error) {
    throw error instanceof UrlListError ? new CliError(`${options.to}: ${error.message}.`) : error
  }
}

/** Whole, or not at all. */
async function writeList(options: BuildOptions, text: string): Promise<void> {
  const { to } = options
  const object = s3Place(to)
  if (object !== undefined) return writeObject(object, text, options)
  if (to === '-') {
    process.stdout.write(text)
    return
  }
  try {
    writeFileSync(`${to}.new`, text)
    renameSync(`${to}.new`, to)
  } catch (error) {
    throw new CliError(`${to} cannot be written: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const mostHostsShown = 5

function describe(report: Report): string {
  const { files, lines, requests, leftOut, hosts, former, urls, shapes, trafficPercent, milliseconds, to } = report
  const byHost = Object.entries(hosts).toSorted(([, one], [, other]) => other - one)
  const rows = [
    [
      number(lines),
      `${lines === 1 ? 'line' : 'lines'} of ${counted(files, 'file')} in ${(milliseconds / 1000).toFixed(1)} s`,
    ],
    [number(requests), requests === 1 ? 'request counted' : 'requests counted'],
    ...Object.entries(leftOut).map(([reason, count]) => [number(count), `left out: ${reason}`]),
    ...(byHost.length > 1
      ? byHost.slice(0, mostHostsShown).map(([host, count]) => [number(count), `requests to ${host || 'no host'}`])
      : []),
    ...(former === undefined
      ? []
      : [
          [
            number(former.kept),
            `${former.kept === 1 ? 'URL' : 'URLs'} of the former list; ${number(former.forgotten)} forgotten`,
          ],
        ]),
  ]
  const width = Math.max(...rows.map(([count = '']) => count.length))
  const table = columns(rows.map(([count = '', text = '']) => [count.padStart(width), text]))
  const summary = `${counted(urls, 'URL')} of ${counted(shapes, 'shape')}, with ${trafficPercent.toFixed(1)} % of the traffic, ${urls === 1 ? 'is' : 'are'} in ${to}.`
  return [...table, '', summary].join('\n')
}

function parseCount(text: string): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count < 1) throw new InvalidArgumentError('It is a whole number from 1.')
  return count
}

/** As hosts stand in the census: without a port, in small letters. */
function parseHost(text: string): string {
  if (/^[^:]+:|\]:/.test(text)) throw new InvalidArgumentError('It is a host without a port: www.example.com.')
  return text.toLowerCase()
}

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text)
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error))
  }
}
