import { parseArgs } from 'node:util'

export type DemoOptions = {
  readonly keep: boolean
  readonly json: boolean
  readonly help: boolean
}

export const usage = `Deploys version 2 of examples/hello over version 1, blue/green, under load, and accounts for every request.

  npm run demo               run it and clean up
  npm run demo -- --keep     leave it running, and say how to look at it and how to end it
  npm run demo -- --json     print the account as JSON

Exit code: 0 when the deployment succeeded and no request was lost, else 1; 2 for wrong usage.`

/** Throws an Error for options it does not know. */
export function readOptions(argv: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: { keep: { type: 'boolean' }, json: { type: 'boolean' }, help: { type: 'boolean' } },
  })
  return { keep: values.keep ?? false, json: values.json ?? false, help: values.help ?? false }
}
