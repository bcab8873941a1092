import { InvalidArgumentError, Option } from 'commander'
import type { NamedImage } from '../domain/task-definition-file.ts'
import { parseDuration } from './duration.ts'

/** Options that several commands have, and how the texts of options are read. */
export function dataOption(): Option {
  return new Option('--data <directory>', 'the data directory')
    .env('TEAL_DATA')
    .argParser(parseDirectory)
    .default('.teal')
}

/** Nothing, as of a variable that is not set, would be the directory one is in. */
function parseDirectory(text: string): string {
  if (text === '') throw new InvalidArgumentError('It is the name of a directory.')
  return text
}

export function appSpecOption(): Option {
  return new Option('--appspec <file>', 'the AppSpec (default: appspec.yaml)')
}

/** May be given several times. */
export function imageOption(): Option {
  return new Option('--image <name=image>', 'the image of a container, or of a placeholder <NAME>; may be repeated')
    .argParser((text: string, before: readonly NamedImage[]) => [...before, parseImage(text)])
    .default([], 'those in the file')
}

function parseImage(text: string): NamedImage {
  const at = text.indexOf('=')
  if (at < 1 || at === text.length - 1) {
    throw new InvalidArgumentError("It is a container's name and an image: web=hello:2.")
  }
  return { name: text.slice(0, at), image: text.slice(at + 1) }
}

export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new InvalidArgumentError('A port is a number from 0 (any free one) to 65535.')
  return port
}

/** A load balancer listens on no port that is any free one. */
export function parseListenerPort(text: string): number {
  const port = parsePort(text)
  if (port === 0) throw new InvalidArgumentError('The port of a listener is a number from 1 to 65535.')
  return port
}

const mostRouters = 64

export function parseRouters(text: string): number {
  const routers = /^\d{1,3}$/.test(text) ? Number(text) : Number.NaN
  if (routers >= 1 && routers <= mostRouters) return routers
  throw new InvalidArgumentError(`It is a number from 1 to ${mostRouters}; more than one for each core gains nothing.`)
}

export function parseMinute(text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === undefined) {
    throw new InvalidArgumentError('It is a number and a unit, ms, s or m: 300ms, 1s or 2m.')
  }
  return milliseconds
}

export function parseWebUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return text
  throw new InvalidArgumentError('It is a URL that begins with http:// or https://.')
}
