import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { shellWord } from '../domain/shell-word.ts'
import type { ContainerFiles } from './task-directory.ts'

export type ContainerCommand = {
  readonly arguments: readonly string[]
  readonly directory: string
  readonly environment: Readonly<Record<string, string>>
  /** Directories of control groups that the command's process belongs to. */
  readonly groups?: readonly string[]
}

/**
 * What stands between the engine and a container's command: a shell of some hundred kilobytes, so that a task neither
 * needs the engine to live nor loses its exit code when the engine is gone. It leads a session of its own.
 *
 * - It claims the container with one symbolic link whose target is its identity: made at once or not at all, with its
 *   content, by one only. Whoever comes second ends, so two engines in a row never start a container twice; and an engine
 *   that stops a container before any shim has come lays the link itself.
 * - The command runs in the foreground, after its pid is written down: a background command of a shell would ignore
 *   SIGINT and SIGQUIT. Signals are sent to the whole group, so the shim forwards none; it only has to outlive them. A
 *   handler does that, for what is ignored would be ignored by the command too.
 * - The command's process writes itself into its control groups before it becomes the command, so that nothing of it is
 *   ever outside. The shim stays out: what is killed for its memory must not take the exit code with it.
 * - When the command ends by itself, all that it has started ends, as in a container. During a stop the rest has its time.
 * - The exit code is one write of a line that ends in a newline; a reader takes nothing less for it. A full disk has no
 *   room for a line, but for a link: it takes no block.
 *
 * The script arrives in a variable and not as an argument, so that a list of processes shows the command.
 */
const script = `
groups=$TEAL_GROUPS
state=$1 tools=$2
shift 2
eval "set -- $TEAL_PREFIX"' "$@"'
unset TEAL_SHIM TEAL_GROUPS TEAL_PREFIX
stopping=
trap 'stopping=1' HUP INT QUIT ABRT USR1 USR2 ALRM TERM CONT WINCH
path=$PATH
PATH=$tools
identify() {
  if [ -r /proc/self/stat ]; then
    read -r stat <"/proc/$$/stat"
    boot=
    read -r boot </proc/sys/kernel/random/boot_id
    set -- \${stat##*) }
    echo "$$:$boot:\${20}"
  else
    set -- $(LC_ALL=C TZ=UTC0 ps -o lstart= -p "$$")
    echo "$$::$*"
  fi
}
ln -s "$(identify)" "$state/claim" || exit 1
PATH=$path
(
  if [ -r /proc/self/stat ]; then
    read -r pid rest </proc/self/stat
  else
    PATH=$tools
    pid=$(exec sh -c 'echo "$PPID"')
    PATH=$path
  fi
  IFS='
'
  set -f
  for group in $groups; do
    echo "$pid" >"$group/cgroup.procs" || exit 126
  done
  echo "$pid" >"$state/command" || exit 126
  exec "$@"
) 2>&1
code=$?
echo "$code" >"$state/exit" || PATH=$tools ln -s "$code" "$state/exit-code"
[ -z "$stopping" ] && kill -s KILL -- "-$$"
exit "$code"
`

/**
 * What stands before a command that a shell runs, so that it gets the variables which the shell would drop, names like
 * `spring.profiles.active`, which ECS allows, and those that the shell's script sets itself: words for the shell's `eval`.
 * They come in a variable too, for everybody may read a process's arguments, and these may hold secrets.
 */
export function variablesPrefix(environment: Readonly<Record<string, string>>, ownNames: RegExp): string {
  const unusual = Object.entries(environment)
    .filter(([name]) => !shellName.test(name) || ownNames.test(name))
    .map(([name, value]) => shellWord(`${name}=${value}`))
  return unusual.length === 0 ? '' : ['/usr/bin/env', '--', ...unusual].join(' ')
}

/** What the shim is told, and does not hand on. */
export const shimVariables: readonly string[] = ['TEAL_SHIM', 'TEAL_GROUPS', 'TEAL_PREFIX']

/** Names a shell can hold; others would be lost on the way through it. */
const shellName = /^[A-Za-z_]\w*$/
/** What the shim itself sets: a variable of the container's that has such a name would arrive changed. */
const shimName = /^(?:IFS|state|tools|stopping|path|stat|boot|pid|rest|groups?|code)$/

/** Starts the shim of a container. Throws, or emits `error`, where the system refuses. */
export function spawnShim(command: ContainerCommand, files: ContainerFiles, label: string): ChildProcess {
  const log = openSync(files.log, 'a', 0o600)
  try {
    const errors = openSync(files.shimErrors, 'a', 0o600)
    try {
      return spawnDetached(command, files, label, [log, errors])
    } finally {
      closeSync(errors)
    }
  } finally {
    closeSync(log)
  }
}

function spawnDetached(
  command: ContainerCommand,
  files: ContainerFiles,
  label: string,
  [log, errors]: readonly [number, number],
): ChildProcess {
  const tools = process.env['PATH'] ?? '/usr/bin:/bin'
  const shimArguments = ['-c', 'eval "$TEAL_SHIM"', label, files.state, tools, ...command.arguments]
  const child = spawn('/bin/sh', shimArguments, {
    cwd: command.directory,
    detached: true,
    env: {
      ...command.environment,
      TEAL_SHIM: script,
      TEAL_GROUPS: (command.groups ?? []).join('\n'),
      TEAL_PREFIX: variablesPrefix(command.environment, shimName),
    },
    stdio: ['ignore', log, errors],
  })
  child.unref()
  return child
}
