/** Of an error of the system, such as `ENOENT`; the empty text for any other. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
