import { cpus, release, totalmem } from 'node:os'

export type Machine = {
  readonly processor: string
  readonly cores: number
  readonly memoryGibibytes: number
  readonly kernel: string
  readonly node: string
}

export function machineOf(): Machine {
  const cores = cpus()
  return {
    processor: cores[0]?.model.trim() ?? 'unknown',
    cores: cores.length,
    memoryGibibytes: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  }
}
