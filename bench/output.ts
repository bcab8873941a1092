import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BenchOptions } from './options.ts'

/** What a benchmark has to show. */
export type Presentation = {
  /** For the terminal. */
  readonly text: string
  /** For docs/performance.md. */
  readonly markdown: string
  readonly chart?: string
}

const documentation = fileURLToPath(new URL('../docs/', import.meta.url))

/** Prints, writes `BENCHMARK.json` and `BENCHMARK.svg`, and publishes where that is wanted. */
export function write(options: BenchOptions, shown: Presentation & { readonly result: unknown }): void {
  const { benchmark, publish } = options
  console.log(`\n${shown.text}`)
  const directory = resolve(options.directory)
  mkdirSync(directory, { recursive: true })
  const files = [join(directory, `${benchmark}.json`)]
  writeFileSync(join(directory, `${benchmark}.json`), `${JSON.stringify(shown.result, null, 2)}\n`)
  if (shown.chart !== undefined) {
    files.push(join(directory, `${benchmark}.svg`))
    writeFileSync(join(directory, `${benchmark}.svg`), shown.chart)
  }
  console.log(`\nWritten: ${files.join(', ')}`)
  if (publish) publishTo(documentation, benchmark, shown)
}

function publishTo(directory: string, benchmark: string, { markdown, chart }: Presentation): void {
  const document = join(directory, 'performance.md')
  const picture = `performance-${benchmark}.svg`
  if (chart !== undefined) writeFileSync(join(directory, picture), chart)
  const image = chart === undefined ? '' : `![Chart of the figures below](${picture})\n\n`
  writeFileSync(document, withSection(readFileSync(document, 'utf8'), benchmark, `${image}${markdown}`))
  console.log(`Published: ${document}`)
}

/** The document with what stands between the marks of a benchmark replaced. Throws where it has no such marks. */
export function withSection(document: string, name: string, content: string): string {
  const [begin, end] = [`<!-- bench ${name} begins -->`, `<!-- bench ${name} ends -->`]
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`docs/performance.md has no place for ${name}: ${begin} … ${end}`)
  return `${document.slice(0, from + begin.length)}\n\n${content.trim()}\n\n${document.slice(to)}`
}
