import type { Door, Site } from '../site.ts'
import type { Stage } from '../stage.ts'

/** A program that forwards requests, as every benchmark sees it. */
export type Contender = {
  readonly name: ContenderName
  /** How it was set up, for people who judge whether that is fair. */
  readonly setUp: string
  /** A version in words; undefined where the program is not installed. */
  readonly version: () => string | undefined
  readonly start: (stage: Stage, site: Site) => Promise<Running>
}

export const contenderNames = [
  'direct',
  'relay',
  'teal',
  'haproxy',
  'nginx',
  'nginx-rules',
  'caddy',
  'httpxy',
  'http-proxy',
] as const
export type ContenderName = (typeof contenderNames)[number]

export type Running = {
  /** The process whose cost is counted, with its descendants. Absent where there is none. */
  readonly pid?: number
  /** The doors it has; a door may be missing, e.g. where a program writes no access log. */
  readonly ports: Readonly<Partial<Record<Door, number>>>
  /** Whether it speaks HTTP/2 on its TLS doors. */
  readonly http2: boolean
  /** Where its access logs are written: a file, or a directory. */
  readonly log?: string
  readonly stop: () => Promise<void>
}
