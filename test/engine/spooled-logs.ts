import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accessLogFileName, type AccessLogFile, type AccessLogFileState } from '../../src/domain/access-log-file.ts'
import type { LoadBalancer } from '../../src/domain/load-balancer.ts'
import type { Clock } from '../../src/engine/ports.ts'

export const web = { region: 'eu-west-1', accountId: '000000000000', name: 'web', id: '50dc6c495c0c9188' }
export const webArn = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/web/50dc6c495c0c9188'

/** A load balancer whose access log goes to the bucket `logs`, under `lb`. */
export function loggedLoadBalancer(attributes: Readonly<Record<string, string>> = {}): LoadBalancer {
  return {
    loadBalancerArn: webArn,
    name: 'web',
    createdTime: 0,
    scheme: 'internet-facing',
    ipAddressType: 'ipv4',
    subnets: [],
    securityGroups: [],
    attributes: {
      'access_logs.s3.enabled': 'true',
      'access_logs.s3.bucket': 'logs',
      'access_logs.s3.prefix': 'lb',
      ...attributes,
    },
    tags: {},
  }
}

const directoryName = '000000000000_eu-west-1_app.web.50dc6c495c0c9188'

/** The directory of the load balancer's files, as routers leave it. */
export class LeftLogs {
  readonly directory: string

  constructor(dataDirectory: string) {
    this.directory = join(dataDirectory, 'access-logs', directoryName)
  }

  leave(text: string, more: Partial<AccessLogFile> & { readonly state?: AccessLogFileState } = {}): AccessLogFile {
    const { state = 'complete', ...parts } = more
    const file: AccessLogFile = {
      periodEnd: Date.UTC(2026, 0, 2, 22, 25),
      nodeAddress: '127.0.0.1',
      routerId: 'router-1',
      pid: process.pid,
      sequence: 1,
      random: 'abcdefgh',
      ...parts,
    }
    mkdirSync(this.directory, { recursive: true })
    writeFileSync(join(this.directory, accessLogFileName(file, state)), text)
    return file
  }

  names(): readonly string[] {
    return existsSync(this.directory) ? readdirSync(this.directory).toSorted() : []
  }
}

/** Time goes on when a test says so. */
export class HandClock implements Clock {
  #now = Date.UTC(2026, 0, 2, 22, 25, 1)
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>()

  now(): number {
    return this.#now
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (signal?.aborted === true) {
      reject(signal.reason as Error)
      return promise
    }
    const sleeper = { at: this.#now + milliseconds, wake: resolve }
    this.#sleepers.add(sleeper)
    signal?.addEventListener('abort', () => {
      this.#sleepers.delete(sleeper)
      reject(signal.reason as Error)
    })
    return promise
  }

  /** Whether somebody waits for time to go on. */
  get hasSleepers(): boolean {
    return this.#sleepers.size > 0
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds
    for (const sleeper of this.#sleepers) {
      if (sleeper.at > this.#now) continue
      this.#sleepers.delete(sleeper)
      sleeper.wake()
    }
  }
}
