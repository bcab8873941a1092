import { readFileSync } from 'node:fs'

/** The version in package.json, which lies two folders up from here in a checkout as in an installed package. */
export function packageVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return String((manifest as { readonly version: unknown }).version)
}
