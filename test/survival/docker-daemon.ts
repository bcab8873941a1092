import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DockerApi } from '../../src/adapters/docker-api.ts'
import { until } from './theatre.ts'

/** A Docker engine of a test's own, beside the machine's, which may be killed. */
export class DockerDaemon {
  readonly #directory = mkdtempSync(join(tmpdir(), 'teal-dockerd-'))
  readonly socketPath = join(this.#directory, 'docker.sock')
  readonly api = new DockerApi(this.socketPath)
  #child: ChildProcess | undefined

  /** The reason why there can be none; false where there can. */
  static isMissing(): string | false {
    if (process.getuid?.() !== 0) return 'a Docker engine is started by root only'
    try {
      execFileSync('dockerd', ['--version'], { stdio: 'ignore' })
      return false
    } catch {
      return 'there is no dockerd on this machine'
    }
  }

  get isRunning(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const log = openSync(join(this.#directory, 'dockerd.log'), 'a')
    const place = (name: string): string => join(this.#directory, name)
    // What is left of one that was killed, and of its containerd, which dies with it.
    rmSync(place('docker.pid'), { force: true })
    rmSync(place('exec/containerd/containerd.pid'), { force: true })
    const child = spawn(
      'dockerd',
      [
        '--host',
        `unix://${this.socketPath}`,
        '--pidfile',
        place('docker.pid'),
        '--data-root',
        place('data'),
        '--exec-root',
        place('exec'),
        '--bridge',
        'none',
        '--iptables=false',
        '--ip6tables=false',
        '--ip-masq=false',
      ],
      { stdio: ['ignore', log, log] },
    )
    closeSync(log)
    this.#child = child
    await until('the Docker engine answers', async () => {
      if (child.exitCode !== null) throw new Error(readFileSync(place('dockerd.log'), 'utf8').slice(-2_000))
      return this.api.version().then(
        () => true,
        () => false,
      )
    })
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** It takes calls, and answers none. */
  hang(): void {
    this.#child?.kill('SIGSTOP')
  }

  goOn(): void {
    this.#child?.kill('SIGCONT')
  }

  /** With all that it has started, and its files. */
  async remove(): Promise<void> {
    await this.#end('SIGTERM')
    this.api.close()
    // One that was killed leaves the keepers of its containers running, and file systems mounted.
    for (const pid of keepersIn(this.#directory)) process.kill(pid, 'SIGKILL')
    for (const [place] of readFileSync('/proc/mounts', 'utf8').matchAll(/(?<= )\/\S+/g)) {
      if (place.startsWith(`${this.#directory}/`)) execFileSync('umount', ['--lazy', place])
    }
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10 })
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await exited
  }
}

/** Of containerd's, one for each container, which are told of where its socket is. */
function keepersIn(directory: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandLineOf(name).includes(`${directory}/`))
    .map(Number)
}

function commandLineOf(pid: string): string {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1')
    return line.includes('containerd-shim') ? line : ''
  } catch {
    // It has ended since the folder was listed.
    return ''
  }
}
