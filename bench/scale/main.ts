import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { presentScale } from './report.ts'
import type { ScalePresentation } from './report.ts'
import { benchScale } from './scale.ts'
import type { ScaleOptions } from './scale.ts'

export const scaleUsage = `  npm run bench scale        what many services, many deployments at once and many past ones cost the engine

Options of scale (after --):
  --quick                a few services, to see whether everything works; no figures
  --services N[,N]       100,250,500,1000
  --deployments N        100; how many run at once
  --past N[,N]           0,1000,10000; ended deployments in the store
  --processes N          200; tasks that are started as real processes, 0 for none
  --output DIR           bench/results; JSON and an SVG chart are written there
  --publish              also writes them into docs/scale.md`

const quick: ScaleOptions = {
  sizes: [10, 20],
  tasksPerService: 2,
  deployments: 5,
  pasts: [0, 200],
  idleSeconds: 2,
  processes: 0,
}
const documentation = fileURLToPath(new URL('../../docs/', import.meta.url))

/** `npm run bench scale`. @throws Error for an option it does not know */
export async function performScale(argv: readonly string[], say: (text: string) => void): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      quick: { type: 'boolean', default: false },
      services: { type: 'string', default: '100,250,500,1000' },
      deployments: { type: 'string', default: '100' },
      past: { type: 'string', default: '0,1000,10000' },
      processes: { type: 'string', default: '200' },
      output: { type: 'string', default: 'bench/results' },
      publish: { type: 'boolean', default: false },
    },
  })
  const options: ScaleOptions = values.quick
    ? quick
    : {
        sizes: numbers('services', values.services),
        tasksPerService: 5,
        deployments: numbers('deployments', values.deployments)[0] ?? 0,
        pasts: numbers('past', values.past),
        idleSeconds: 60,
        processes: numbers('processes', values.processes)[0] ?? 0,
      }
  const result = await benchScale(options, say)
  const shown = presentScale(result)
  say(`\n${shown.text}`)
  const directory = resolve(values.output)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'scale.json'), `${JSON.stringify(result, null, 2)}\n`)
  writeFileSync(join(directory, 'scale.svg'), shown.chart)
  say(`\nWritten: ${join(directory, 'scale.json')}, ${join(directory, 'scale.svg')}`)
  if (values.publish) publish(shown)
}

function numbers(option: string, list: string): readonly number[] {
  const found = list
    .split(',')
    .filter((text) => text !== '')
    .map(Number)
  if (found.every((number) => Number.isInteger(number) && number >= 0)) return found
  throw new Error(`--${option} takes whole numbers with commas between them, not ${list}`)
}

function publish({ markdown, chart }: ScalePresentation): void {
  const document = join(documentation, 'scale.md')
  const text = readFileSync(document, 'utf8')
  const [begin, end] = ['<!-- bench scale begins -->', '<!-- bench scale ends -->']
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/scale.md has no place for the figures: ${begin} … ${end}`)
  const content = `![Growth curves of the figures below](scale.svg)\n\n${markdown}`
  writeFileSync(join(documentation, 'scale.svg'), chart)
  writeFileSync(document, `${text.slice(0, from + begin.length)}\n\n${content}\n\n${text.slice(to)}`)
}
