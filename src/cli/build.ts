import { ImageError } from '../domain/image.ts'
import type { BuiltImage } from '../domain/image.ts'
import { counted } from '../view/words.ts'
import { CliError } from './exit-code.ts'

export type BuildOptions = {
  /** The build context. */
  readonly directory: string
  /** `name:tag`. */
  readonly tag: string
  /** The Dockerfile, seen from where the command runs; `DIR/Dockerfile` unless given. */
  readonly file?: string
  readonly json?: boolean
}

/** What makes the image: the image store of a data directory. */
export type ImageBuilder = { build(options: BuildOptions): Promise<BuiltImage> }

/** The longest part of an instruction that stands in the report. */
const longestInstruction = 60

/**
 * `teal build DIR --tag name:tag`: makes the image and says what it is, and what of the Dockerfile was not carried out.
 * `print` gets whole lines. Rejects with CliError where the image cannot be made.
 */
export async function buildImage(
  options: BuildOptions,
  images: ImageBuilder,
  print: (text: string) => void,
): Promise<BuiltImage> {
  try {
    const image = await images.build(options)
    print(options.json === true ? JSON.stringify(image, undefined, 2) : describeImage(image))
    return image
  } catch (error) {
    if (error instanceof ImageError) throw new CliError(`The image ${options.tag} was not made: ${error.message}`)
    throw error
  }
}

function describeImage(image: BuiltImage): string {
  const { config } = image
  const command = [...(config.entryPoint ?? []), ...(config.command ?? [])]
  const lines = [
    `Built ${image.reference}`,
    `  digest    ${image.digest}`,
    `  size      ${describeSize(image.bytes)} in ${image.files} ${image.files === 1 ? 'file' : 'files'}`,
    `  command   ${command.length === 0 ? 'none: the task definition has to name one' : command.map(quote).join(' ')}`,
    `  workdir   ${config.workingDirectory}, for which stands ${image.directory}`,
  ]
  return [...lines, ...describeNotes(image)].join('\n')
}

function describeNotes({ notes }: BuiltImage): readonly string[] {
  if (notes.length === 0) return []
  const texts = notes.map(({ instruction, text }) => shorten(`${instruction} ${text.replaceAll(/\s+/g, ' ')}`))
  const width = Math.max(...texts.map((text) => text.length))
  return [
    'Its tasks run as processes of this machine. Of the Dockerfile this had no effect:',
    ...notes.map(
      ({ line, reason }, index) => `  line ${String(line).padEnd(3)} ${(texts[index] ?? '').padEnd(width)}  ${reason}`,
    ),
  ]
}

function shorten(text: string): string {
  return text.length > longestInstruction ? `${text.slice(0, longestInstruction - 1)}…` : text
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : JSON.stringify(argument)
}

function describeSize(bytes: number): string {
  if (bytes < 1_000) return counted(bytes, 'byte')
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}
