import { Command } from 'commander'
import { buildImage } from './build.ts'
import { dataOption } from './options.ts'

type BuildCommandOptions = {
  readonly tag: string
  readonly file?: string
  readonly data: string
  readonly json: boolean
}

export function buildCommand(): Command {
  return new Command('build')
    .summary('make an image of a directory and its Dockerfile')
    .description(
      'Makes an image: a snapshot of the directory, with what the last stage of its Dockerfile says about running it ' +
        '(ENTRYPOINT, CMD, ENV, WORKDIR). Nothing of the Dockerfile is executed: what RUN would have made must be in the ' +
        'directory. Task definitions name the image by its tag.',
    )
    .argument('<directory>', 'the build context')
    .requiredOption('--tag <name:tag>', 'the name of the image')
    .option('--file <path>', "the Dockerfile (default: the directory's)")
    .addOption(dataOption())
    .option('--json', 'print what was made as JSON', false)
    .addHelpText('after', help)
    .action(async (directory: string, { data, ...options }: BuildCommandOptions) => {
      const { ImageStore } = await import('../adapters/image-store.ts')
      await buildImage({ directory, ...options }, new ImageStore(data), (text) => console.log(text))
    })
}

const help = `
Examples:
  $ teal build . --tag web:1
  $ teal build services/web --tag web:2 --file services/web/Dockerfile.prod`
