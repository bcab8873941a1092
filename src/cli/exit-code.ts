/** What the program's end tells whoever ran it. */
export const exitCode = { ok: 0, failed: 1, wrongUsage: 2 } as const

/** Something went wrong in a way the person at the keyboard can do something about: its message is all they are shown. */
export class CliError extends Error {
  override readonly name = 'CliError'
}
