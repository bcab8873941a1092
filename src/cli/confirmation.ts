import { createInterface } from 'node:readline/promises'
import { CliError } from './exit-code.ts'

/** Asks whoever is at the keyboard; nobody there is no answer. Ctrl-C and Ctrl-D are a no. */
export async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new CliError('nobody can be asked here. Say --yes to do it, or --dry-run to only see it.')
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  // With Ctrl-C the question is rejected; with Ctrl-D it is never answered.
  asking.question(`${question} [y/N] `).then(resolve, () => resolve(undefined))
  asking.once('close', () => resolve(undefined))
  const answer = await promise
  asking.close()
  if (answer === undefined) process.stderr.write('\n')
  return /^y(es)?$/i.test(answer?.trim() ?? '')
}
