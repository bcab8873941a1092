import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { ShopLog } from './log-lines.ts'

export type ListBuilding = {
  readonly lines: number
  readonly urls: number
  readonly shapes: number
  readonly milliseconds: number
  /** Of the whole process; undefined where the system does not tell. */
  readonly peakMebibytes: number | undefined
}

const launcher = fileURLToPath(new URL('../../bin/teal.mjs', import.meta.url))
const linesAtOnce = 5_000

/** `teal urls build`, as a person runs it, on so many lines of a gzipped log. */
export async function measureListBuilding(lines: number): Promise<ListBuilding> {
  const directory = mkdtempSync(join(tmpdir(), 'teal-bench-'))
  try {
    const log = join(directory, 'access.log.gz')
    await pipeline(blocksOf(lines), createGzip({ level: 1 }), createWriteStream(log))
    const argv = [launcher, 'urls', 'build', log, '--to', join(directory, 'urls.csv'), '--json']
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    let peakMebibytes: number | undefined
    const watch = setInterval(() => (peakMebibytes = peakOf(child.pid) ?? peakMebibytes), 50)
    const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'close')])
    clearInterval(watch)
    if (exitCode !== 0) throw new Error(`teal urls build ended with ${exitCode}`)
    const { urls, shapes, milliseconds } = JSON.parse(output) as ListBuilding
    return { lines, urls, shapes, milliseconds, peakMebibytes }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function* blocksOf(lines: number): Iterable<string> {
  const log = new ShopLog(42)
  for (let left = lines; left > 0; left -= linesAtOnce) {
    yield Array.from({ length: Math.min(left, linesAtOnce) }, () => log.line()).join('')
  }
}

/** The most memory that it had until now. */
function peakOf(pid: number | undefined): number | undefined {
  try {
    const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
    return kibibytes === undefined ? undefined : Math.round(Number(kibibytes) / 1024)
  } catch {
    return undefined
  }
}
