import { codeOf } from '../adapters/error-code.ts'
import { CliError } from './exit-code.ts'

/** Why a file that was named cannot be read, in words for who named it. */
export function fileProblem(file: string, error: unknown): CliError {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new CliError(`there is no ${file}.`)
    case 'EISDIR':
      return new CliError(`${file} is a directory; a file is wanted.`)
    case 'EACCES':
      return new CliError(`${file} cannot be read by this user.`)
    default:
      return new CliError(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
