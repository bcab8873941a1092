import type { Tags } from './load-balancer.ts'

/** A log group of CloudWatch Logs. */
export type LogGroup = {
  readonly name: string
  readonly region: string
  /** Without the `:*` that some answers put behind it. */
  readonly arn: string
  readonly createdAt: number
  /** Absent: for ever, as far as the hard limit lets them. */
  readonly retentionInDays?: number
  readonly kmsKeyId?: string
  readonly tags: Tags
}

/** A log stream; its events are in files under its id. */
export type LogStream = {
  readonly name: string
  readonly groupName: string
  readonly region: string
  readonly createdAt: number
  readonly streamId: string
}

/** `sequence` counts the events of a stream in the order they came. */
export type LogEvent = {
  readonly timestamp: number
  readonly ingestedAt: number
  readonly message: string
  readonly sequence: number
}

/** Events in the order they are answered: by time, and within a millisecond as they came. */
export function compareEvents(one: LogEvent, other: LogEvent): number {
  return one.timestamp - other.timestamp || one.sequence - other.sequence
}
