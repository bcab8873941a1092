import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Every process of a function has it: its directory for temporary files, which no other process of a function has. */
export const functionMark = 'TEAL_FUNCTION_DIRECTORY'

/** Where the directories of a data directory's functions are, each of one process. */
export function functionDirectories(dataDirectory: string): string {
  return join(resolve(dataDirectory), 'functions', '.tmp')
}

/** Whoever starts others faster than they are ended is not followed for ever. */
const mostRounds = 20
const roundMilliseconds = 20

/**
 * Ends what functions have started in process groups of their own: of the function with this directory, or of all whose
 * directories are in it. They are told by what they have inherited; without /proc nobody can be told by that.
 */
export async function endLeftProcesses(directory: string): Promise<void> {
  const marks = [`\0${functionMark}=${directory}\0`, `\0${functionMark}=${directory}/`]
  for (let round = 0; round < mostRounds; round += 1) {
    const left = await processesWith(marks)
    if (left.length === 0) return
    for (const pid of left) kill(pid)
    await delay(roundMilliseconds)
  }
}

async function processesWith(marks: readonly string[]): Promise<readonly number[]> {
  const names = await readdir('/proc').catch(() => [])
  const found: number[] = []
  for (const name of names.filter((text) => /^\d+$/.test(text) && Number(text) !== process.pid)) {
    // Another user's, or one that has just ended.
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')
    if (marks.some((mark) => `\0${environment}`.includes(mark))) found.push(Number(name))
  }
  return found
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
