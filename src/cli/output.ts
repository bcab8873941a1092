import { exitCode } from './exit-code.ts'

/** Why what is printed cannot be written any more. */
let failure: NodeJS.ErrnoException | undefined

/** Takes note when nothing more can be printed: the program does what it was asked all the same. */
export function watchOutput(): void {
  process.stdout.on('error', (error) => (failure ??= error))
  process.stderr.on('error', () => undefined)
}

/**
 * Resolves once all that was printed is written, with the exit code: a pipe takes 64 kB at once, and what waits for its
 * reader would be lost with the program. A reader that has gone has seen enough; whatever else there is, such as a full
 * disk, is a failure.
 */
export async function whenPrinted(code: number): Promise<number> {
  await Promise.all([process.stdout, process.stderr].map(written))
  if (failure === undefined || readerIsGone.has(String(failure.code))) return code
  console.error(`teal: what is printed cannot be written: ${failure.message}`)
  return code === exitCode.ok ? exitCode.failed : code
}

/** For what goes on until it is ended: `| head` has seen enough, and a full disk takes no more. */
export function endWithOutput(): void {
  process.stdout.on('error', () => void whenPrinted(exitCode.ok).then((code) => process.exit(code)))
}

const readerIsGone: ReadonlySet<string> = new Set(['EPIPE', 'ECONNRESET'])

function written(output: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => output.write('', () => resolve()))
}
