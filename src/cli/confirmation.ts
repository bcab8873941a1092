import { createInterface } from 'node:readline/promises'
import { CliError } from './exit-code.ts'

/** Asks whoever is at the keyboard; nobody there is no answer. */
export async function isConfirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new CliError('nobody can be asked here. Say --yes to do it, or --dry-run to only see it.')
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await asking.question(`${question} [y/N] `)
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    asking.close()
  }
}
