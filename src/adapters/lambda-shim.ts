import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'

export type ShimChild = ChildProcessByStdio<Writable, Readable, Readable>

/**
 * A shell that leads the process group of a function's process, and whose standard input is a pipe to the engine: when
 * that ends, because the engine closed it or was killed, a watcher ends the whole group; the function itself, which may be
 * in an endless loop, has no part in it. `kill`, `read` and `ulimit` are the shell's own. The watcher keeps no output open, and
 * a crash leaves no core file in the function's code.
 *
 * The script arrives in a variable and not as an argument, so that a list of processes shows the function's program.
 */
const script = `
unset TEAL_SHIM
limit=$1
shift
exec 3<&0 </dev/null
(
  exec >/dev/null 2>&1
  read -r line <&3
  kill -s KILL -- "-$$"
) &
ulimit -c 0 2>/dev/null || :
[ "$limit" = 0 ] || ulimit -d "$limit" 2>/dev/null || :
"$@" 3<&-
exit "$?"
`

/** Throws, or emits `error`, where the system refuses. `dataLimitKilobytes` 0 is none. */
export function spawnFunction(command: {
  readonly label: string
  readonly arguments: readonly string[]
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  readonly dataLimitKilobytes: number
}): ShimChild {
  const { label, arguments: argv, directory, environment, dataLimitKilobytes } = command
  return spawn('/bin/sh', ['-c', 'eval "$TEAL_SHIM"', label, String(dataLimitKilobytes), ...argv], {
    cwd: directory,
    detached: true,
    env: { ...environment, TEAL_SHIM: script },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Ends the shim, its function and whatever that has started. */
export function endGroup({ pid, stdin }: ShimChild): void {
  stdin.destroy()
  if (pid === undefined) return
  try {
    // The watcher has the group's number until it has seen the end of its input, so no other group can have it by now.
    process.kill(-pid, 'SIGKILL')
  } catch {
    // All of it has ended already.
  }
}
