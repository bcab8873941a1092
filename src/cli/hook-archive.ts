import type { Zippable } from 'fflate'
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CliError } from './exit-code.ts'

export type HookArchive = { readonly zip: Uint8Array; readonly files: number }

/** What never belongs to a function, wherever it lies. */
const leftOut = new Set(['.git', '.teal', '.DS_Store', '__pycache__'])
/** Every file bears it, so that the same files are the same archive. */
const someDay = new Date(1980, 0, 2)

/** A zip archive of a directory: its files as they are, executable or not, and those that links lead to. */
export async function zipDirectory(directory: string): Promise<HookArchive> {
  if (!(statSync(directory, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
    throw new CliError(`${directory} is not a directory. Name the one that holds the function's code.`)
  }
  const paths = filesIn(directory, '', [])
  if (paths.length === 0) throw new CliError(`there is no file in ${directory === '.' ? 'this directory' : directory}.`)
  const { zipSync } = await import('fflate')
  const entries = paths.map((path): [string, Zippable[string]] => {
    const file = join(directory, path)
    const mode = (statSync(file).mode & 0o111) === 0 ? 0o100_644 : 0o100_755
    return [path, [readFileSync(file), { os: 3, attrs: mode * 0x1_00_00, mtime: someDay }]]
  })
  return { zip: zipSync(Object.fromEntries(entries)), files: paths.length }
}

/** What a function is most likely run by, going by the files that AWS's guides begin with; undefined where none is there. */
export function guessRuntime(directory: string): { readonly runtime: string; readonly handler: string } | undefined {
  const has = (name: string): boolean => existsSync(join(directory, name))
  if (['index.mjs', 'index.js', 'index.cjs'].some(has)) return { runtime: 'nodejs24.x', handler: 'index.handler' }
  if (has('lambda_function.py')) return { runtime: 'python3.13', handler: 'lambda_function.lambda_handler' }
  if (has('bootstrap')) return { runtime: 'provided.al2023', handler: 'bootstrap' }
  return undefined
}

/** Relative paths, sorted. A link that leads back to a directory above would never end. */
function filesIn(root: string, below: string, above: readonly string[]): readonly string[] {
  const directory = join(root, below)
  const real = realpathSync(directory)
  if (above.includes(real)) throw new CliError(`${directory} is a link to a directory that holds it.`)
  return readdirSync(directory)
    .filter((name) => !leftOut.has(name))
    .toSorted()
    .flatMap((name) => {
      const path = below === '' ? name : `${below}/${name}`
      const stat = statSync(join(root, path), { throwIfNoEntry: false })
      if (stat === undefined) throw new CliError(`${join(root, path)} is a link to nothing.`)
      if (stat.isDirectory()) return filesIn(root, path, [...above, real])
      return stat.isFile() ? [path] : []
    })
}
