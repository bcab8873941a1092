import { spawnSync } from 'node:child_process'

/** The first line a program prints about itself; undefined where it is not installed. */
export function versionOf(command: string, ...args: readonly string[]): string | undefined {
  const { error, stdout, stderr } = spawnSync(command, [...args], { encoding: 'utf8' })
  if (error !== undefined) return undefined
  return (stdout + stderr).trim().split('\n')[0] ?? ''
}
