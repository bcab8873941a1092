import { parseArn } from './identifiers.ts'
import type { MetricDatum } from './metric.ts'
import type { TaskDefinition } from './task-definition.ts'

export const ecsNamespace = 'AWS/ECS'

/** 1,024 CPU units are one processor. */
const unitsOfProcessor = 1024
const bytesOfMebibyte = 1_048_576

/** What a task's processes have used: processor time since they began, and memory now. */
export type TaskUsage = { readonly cpuMilliseconds: number; readonly memoryBytes: number }

/** What a task definition reserves; undefined where it reserves none, so that there is nothing to be a percentage of. */
export type TaskReservation = { readonly processors?: number; readonly memoryBytes?: number }

/** The task's own sizes, or the sum of its containers'. */
export function reservationOf({ cpu, memory, containerDefinitions }: TaskDefinition): TaskReservation {
  const units = sizeOf(cpu) ?? sum(containerDefinitions.map((container) => container.cpu))
  const mebibytes =
    sizeOf(memory) ?? sum(containerDefinitions.map((container) => container.memoryReservation ?? container.memory ?? 0))
  return {
    ...(units > 0 ? { processors: units / unitsOfProcessor } : {}),
    ...(mebibytes > 0 ? { memoryBytes: mebibytes * bytesOfMebibyte } : {}),
  }
}

/** Percent of the reserved processors that a task used between two looks. */
export function cpuPercent(
  before: { readonly at: number; readonly usage: TaskUsage },
  now: { readonly at: number; readonly usage: TaskUsage },
  processors: number,
): number | undefined {
  const milliseconds = now.at - before.at
  // Of a container that was started again less is known than before: nothing can be said of that time.
  const used = now.usage.cpuMilliseconds - before.usage.cpuMilliseconds
  if (milliseconds <= 0 || used < 0) return undefined
  return (used / milliseconds / processors) * 100
}

/** A value for each task of the service, so that the average over them is ECS's. */
export function serviceMetric(
  serviceArn: string,
  metricName: 'CPUUtilization' | 'MemoryUtilization',
  timestamp: number,
  percents: readonly number[],
): MetricDatum {
  const { region = '', resource = '' } = parseArn(serviceArn) ?? {}
  const [, cluster = '', service = ''] = resource.split('/')
  const dimensions = [
    { name: 'ClusterName', value: cluster },
    { name: 'ServiceName', value: service },
  ]
  return {
    id: { region, namespace: ecsNamespace, metricName, dimensions },
    unit: 'Percent',
    timestamp,
    samples: { kind: 'values', values: percents.map((value) => ({ value, count: 1 })) },
  }
}

/** Units, MiB, or as the definition's words have it: `1 vCPU`, `.5 vCPU`, `2 GB`. */
function sizeOf(text: string | undefined): number | undefined {
  const [, digits, word] = /^\s*(\d*\.?\d+)\s*(vcpu|gb)?\s*$/i.exec(text ?? '') ?? []
  if (digits === undefined) return undefined
  return Number(digits) * (word === undefined ? 1 : 1024)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
