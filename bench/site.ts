import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../demo/free-ports.ts'
import type { Stage } from './stage.ts'

/** What all contenders stand in front of, the same for each. */
export type Site = {
  readonly small: Targets
  readonly large: Targets
  /** Absent where there is no `openssl` to make one. */
  readonly certificate?: Certificate
}

/** The ports of two target groups that answer the same but for one letter. */
export type Targets = { readonly blue: readonly number[]; readonly green: readonly number[] }

type Certificate = {
  readonly certificateFile: string
  readonly keyFile: string
  /** Both in one file, as HAProxy wants them. */
  readonly bundleFile: string
  readonly certificate: string
  readonly privateKey: string
}

/** Where a contender is reached: by what is asked and how. */
export const doors = ['small', 'large', 'small-log', 'large-log', 'small-tls', 'large-tls'] as const
export type Door = (typeof doors)[number]

/** What requests go to each group, in hundredths. */
export const weights = { blue: 70, green: 30 } as const

const startMilliseconds = 15_000

/** Starts the targets: one process of raw sockets that answers every request with the same bytes. */
export async function buildSite(stage: Stage): Promise<Site> {
  const ports = await freePorts(8)
  const plan = ports.map((port, index) => ({
    port,
    letter: index % 4 < 2 ? 'b' : 'g',
    bytes: index < 4 ? 100 : 16_384,
  }))
  const program = fileURLToPath(new URL('./target-process.ts', import.meta.url))
  stage.start({ name: 'targets', command: process.execPath, args: [program, JSON.stringify(plan)] })
  await Promise.all(ports.map((port) => untilListening(port)))
  const certificate = makeCertificate(stage)
  return {
    small: { blue: ports.slice(0, 2), green: ports.slice(2, 4) },
    large: { blue: ports.slice(4, 6), green: ports.slice(6, 8) },
    ...(certificate !== undefined && { certificate }),
  }
}

export function targetsOf(site: Site, door: Door): Targets {
  return door.startsWith('small') ? site.small : site.large
}

/** Resolves once something takes connections on the port of this machine. */
export async function untilListening(port: number): Promise<void> {
  const deadline = performance.now() + startMilliseconds
  for (;;) {
    const socket = connect(port, '127.0.0.1')
    try {
      await once(socket, 'connect')
      return
    } catch (error) {
      if (performance.now() > deadline) throw new Error(`Nothing listens on port ${port}`, { cause: error })
    } finally {
      socket.destroy()
    }
    await delay(20)
  }
}

function makeCertificate(stage: Stage): Certificate | undefined {
  const directory = stage.subdirectory('certificate')
  const file = (name: string): string => join(directory, name)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('key.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-days', '2']
  try {
    execFileSync('openssl', ['req', '-x509', ...key, ...subject, '-out', file('cert.pem')], { stdio: 'ignore' })
  } catch {
    return undefined
  }
  const [certificate, privateKey] = [readFileSync(file('cert.pem'), 'utf8'), readFileSync(file('key.pem'), 'utf8')]
  writeFileSync(file('bundle.pem'), certificate + privateKey)
  return {
    certificateFile: file('cert.pem'),
    keyFile: file('key.pem'),
    bundleFile: file('bundle.pem'),
    certificate,
    privateKey,
  }
}
