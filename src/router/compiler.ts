import { setFlagsFromString } from 'node:v8'

/**
 * How much code of other functions V8 puts into one that it compiles, in bytes of its own bytecode; its defaults are 460
 * and 920. Forwarding a request is many small steps, and with these about a tenth of their time goes away. Loops, on the
 * other hand, are short here, a header's name or its value: written out four times each, as is V8's habit, they are more
 * code, and no faster.
 *
 * A V8 that does not know one of these says so in the router's log, and nothing else happens.
 */
const settings = [
  '--max-inlined-bytecode-size=600',
  '--max-inlined-bytecode-size-cumulative=2000',
  '--no-turboshaft-loop-unrolling',
]

/** Before anything is compiled with the defaults. */
export function tuneCompiler(): void {
  for (const setting of settings) setFlagsFromString(setting)
}
