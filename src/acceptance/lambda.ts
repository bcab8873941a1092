import { acceptanceHook } from './hook.ts'

/**
 * The hook as a Lambda function, configured by its variables alone: what `npm run bundle-hook` makes one file of.
 */
export const handler = acceptanceHook()
