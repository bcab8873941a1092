import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

const timeoutMilliseconds = 110_000

export type CommandAnswer = { readonly exitCode: number; readonly output: string; readonly errors: string }

/** Runs a client as it is installed, configured by nothing but the environment, to its end. */
export async function command(
  endpoint: string,
  program: string,
  argv: readonly string[],
  { onOutput = () => undefined }: { readonly onOutput?: (text: string) => void } = {},
): Promise<CommandAnswer> {
  const environment = {
    ...process.env,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'teal',
    AWS_SECRET_ACCESS_KEY: 'teal',
    AWS_PAGER: '',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  }
  try {
    const running = run(program, [...argv], { env: environment, timeout: timeoutMilliseconds })
    running.child.stdout?.on('data', (chunk) => onOutput(String(chunk)))
    const { stdout, stderr } = await running
    return { exitCode: 0, output: stdout, errors: stderr }
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { exitCode: code, output: stdout, errors: stderr }
  }
}

/** Why tests with this client are skipped, or false when it runs here. */
export async function missing(program: string, argv: readonly string[]): Promise<string | false> {
  try {
    await run(program, [...argv])
    return false
  } catch {
    return `${[program, ...argv].join(' ')} does not run here`
  }
}
