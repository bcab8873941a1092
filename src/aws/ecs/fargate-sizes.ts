import { clientError } from './errors.ts'

/** The pairs of task-level cpu (units) and memory (MiB) Fargate has: from, to and step of the memory for each cpu. */
const sizes: ReadonlyMap<number, { readonly from: number; readonly to: number; readonly step: number }> = new Map([
  [512, { from: 1024, to: 4096, step: 1024 }],
  [1024, { from: 2048, to: 8192, step: 1024 }],
  [2048, { from: 4096, to: 16_384, step: 1024 }],
  [4096, { from: 8192, to: 30_720, step: 1024 }],
  [8192, { from: 16_384, to: 61_440, step: 4096 }],
  [16_384, { from: 32_768, to: 122_880, step: 8192 }],
])

/** A task's size as ECS answers it: cpu units and MiB as texts. */
export type TaskSize = { readonly cpu?: string; readonly memory?: string }

/**
 * Reads a task's size: `256` or `.25 vCPU`, `512` or `0.5 GB`.
 * @throws ClientException where a text is neither.
 */
export function readTaskSize({
  cpu,
  memory,
}: {
  readonly cpu: string | undefined
  readonly memory: string | undefined
}) {
  return {
    ...(cpu === undefined ? {} : { cpu: read('cpu', cpu, /^(\d*\.?\d+) ?vcpu$/i) }),
    ...(memory === undefined ? {} : { memory: read('memory', memory, /^(\d*\.?\d+) ?gb$/i) }),
  } satisfies TaskSize
}

/** @throws ClientException where Fargate has no such size. */
export function checkFargateSize(size: TaskSize): void {
  if (size.cpu === undefined) throw invalidSetting('cpu')
  if (size.memory === undefined) throw invalidSetting('memory')
  if (isFargateSize(size)) return
  const values = `${size.cpu} CPU, ${size.memory} memory`
  throw clientError(
    `No Fargate configuration exists for given values: ${values}. See the Amazon ECS documentation for the valid values.`,
  )
}

export function isFargateSize({ cpu, memory }: TaskSize): boolean {
  const mebibytes = Number(memory)
  if (cpu === '256') return mebibytes === 512 || mebibytes === 1024 || mebibytes === 2048
  const size = sizes.get(Number(cpu))
  if (size === undefined) return false
  return mebibytes >= size.from && mebibytes <= size.to && (mebibytes - size.from) % size.step === 0
}

/** A whole number of cpu units or MiB, or a number of vCPU or GB, which are 1024 of them. */
function read(setting: 'cpu' | 'memory', text: string, inThousands: RegExp): string {
  const trimmed = text.trim()
  const amount = /^\d+$/.test(trimmed) ? Number(trimmed) : Number(inThousands.exec(trimmed)?.[1] ?? Number.NaN) * 1024
  if (!Number.isInteger(amount) || amount < 1) throw invalidSetting(setting)
  return String(amount)
}

const invalidSetting = (setting: 'cpu' | 'memory') =>
  clientError(
    `Invalid '${setting}' setting for task. For more information, see the Troubleshooting section of the ` +
      'Amazon ECS Developer Guide.',
  )
