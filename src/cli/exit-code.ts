/** What the program's end tells whoever ran it. */
export const exitCode = {
  ok: 0,
  failed: 1,
  wrongUsage: 2,
  /** A deployment that was watched ended without success, or was stopped. */
  deploymentFailed: 3,
  /** Ctrl-C: what was watched goes on. */
  interrupted: 130,
  /** `kill` */
  terminated: 143,
} as const

/** Something went wrong in a way the person at the keyboard can do something about: its message is all they are shown. */
export class CliError extends Error {
  override readonly name = 'CliError'
}

/** Called in a way it does not know, as options that are none are. */
export class WrongUsageError extends CliError {}

/**
 * What is thrown for a port, a directory or a disk of this machine is for the person at the keyboard; what JavaScript itself
 * throws is a fault of the program, and stays as it is.
 */
export function forPerson(error: unknown): unknown {
  const isFault = [TypeError, RangeError, ReferenceError, SyntaxError].some((kind) => error instanceof kind)
  return error instanceof Error && !isFault ? new CliError(error.message, { cause: error }) : error
}
