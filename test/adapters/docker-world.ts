import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { DockerApi, dockerSocketPath } from '../../src/adapters/docker-api.ts'
import { DockerRuntime } from '../../src/adapters/docker-runtime.ts'
import { jsonLines } from '../../src/adapters/json-lines.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { tarArchive } from '../../src/adapters/tar-archive.ts'
import type { TarFile } from '../../src/adapters/tar-archive.ts'
import type { Log } from '../../src/engine/ports.ts'

const run = promisify(execFile)

/** The reason why what needs Docker is skipped; false where an engine answers. */
export async function withoutDocker(): Promise<string | false> {
  const api = new DockerApi(dockerSocketPath())
  try {
    await api.version()
    return false
  } catch (error) {
    return `no Docker engine: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    api.close()
  }
}

/** A data directory whose tasks run in Docker; nothing is left of them there after the test. */
export type DockerWorld = {
  readonly data: string
  readonly api: DockerApi
  /** Another engine on the same data directory. */
  readonly runtime: (log?: Log) => DockerRuntime
}

export function dockerWorld(t: TestContext): DockerWorld {
  const data = mkdtempSync(join(tmpdir(), 'teal-docker-'))
  const api = new DockerApi(dockerSocketPath())
  const runtimes: DockerRuntime[] = []
  const runtime = (log?: Log): DockerRuntime => {
    const socketPath = dockerSocketPath()
    const made = new DockerRuntime({ dataDirectory: data, socketPath, clock: new SystemClock(), ...(log && { log }) })
    runtimes.push(made)
    return made
  }
  t.after(async () => {
    await runtime().shutdown()
    for (const each of runtimes) each.close()
    api.close()
    rmSync(data, { recursive: true, force: true })
  })
  return { data, api, runtime }
}

/** An image with a shell and a few commands of this machine, whose own command is `sleep 300`. */
export function shellImage(): Promise<string> {
  const programs = ['sh', 'sleep', 'cat', 'env', 'echo', 'id', 'dd', 'ls'].map((name) => `/bin/${name}`)
  return imageOf('shell', programs, ['ENV FROM_IMAGE=yes', 'CMD ["sleep", "300"]'])
}

/** An image of an application: its files under `/app`, and the Node that runs this. `lines` are of its Dockerfile. */
export async function nodeImage(
  files: Readonly<Record<string, string>>,
  lines: readonly string[],
  api?: DockerApi,
): Promise<string> {
  const base = await imageOf('node', [process.execPath], [`ENV PATH=${dirname(process.execPath)}`, 'WORKDIR /app'], api)
  const context = [
    { path: 'Dockerfile', content: Buffer.from([`FROM ${base}`, 'COPY app /app', ...lines, ''].join('\n')) },
    ...Object.entries(files).map(([file, text]) => ({ path: `app/${file}`, content: Buffer.from(text) })),
  ]
  return built('app', context, api)
}

/** An image of nginx and of the commands that start it, with files under `/webserver`. */
export async function nginxImage(files: Readonly<Record<string, string>>, lines: readonly string[]): Promise<string> {
  const commands = ['sh', 'cp', 'ln', 'mkdir', 'sed', 'id', 'dirname'].map((name) => which(name))
  const base = await imageOf('nginx', [...commands, which('nginx')], ['WORKDIR /webserver'])
  const users = Buffer.from('root:x:0:0:root:/:/bin/sh\n')
  const context = [
    { path: 'Dockerfile', content: Buffer.from([`FROM ${base}`, 'COPY root /', ...lines, ''].join('\n')) },
    { path: 'root/etc/passwd', content: users },
    { path: 'root/etc/group', content: Buffer.from('root:x:0:\n') },
    ...Object.entries(files).map(([file, text]) => ({ path: `root/webserver/${file}`, content: Buffer.from(text) })),
  ]
  return built('webserver', context)
}

/** Where a command of this machine is. */
function which(name: string): string {
  return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim()
}

/** Programs of this machine, with the libraries they need, FROM scratch. */
async function imageOf(
  name: string,
  programs: readonly string[],
  lines: readonly string[],
  api?: DockerApi,
): Promise<string> {
  const paths = [...new Set((await Promise.all(programs.map(withLibraries))).flat())].toSorted()
  const context = [
    { path: 'Dockerfile', content: Buffer.from(['FROM scratch', 'COPY root /', ...lines, ''].join('\n')) },
    ...paths.map((path) => ({ path: `root${path}`, content: readFileSync(realpathSync(path)), mode: 0o755 })),
  ]
  return built(name, context, api)
}

/** It is built once; its tag tells its content. */
async function built(name: string, context: readonly TarFile[], given?: DockerApi): Promise<string> {
  const hash = createHash('sha256')
  for (const { path, content } of context) hash.update(path).update(content)
  const reference = `teal-test-${name}:${hash.digest('hex').slice(0, 12)}`
  const api = given ?? new DockerApi(dockerSocketPath())
  try {
    if ((await api.find(`/images/${reference}/json`)) === undefined) await build(api, reference, tarArchive(context))
  } finally {
    if (given === undefined) api.close()
  }
  return reference
}

async function build(api: DockerApi, reference: string, context: Buffer): Promise<void> {
  const answer = await api.stream('POST', '/build', {
    query: { t: reference, rm: true, forcerm: true },
    body: context,
    timeoutMilliseconds: 120_000,
  })
  for await (const { error } of jsonLines<{ readonly error?: string }>(answer)) {
    if (error !== undefined) throw new Error(error)
  }
}

async function withLibraries(program: string): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [program])
  return [program, ...[...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path)]
}
