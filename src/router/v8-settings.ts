import { setFlagsFromString } from 'node:v8'

/**
 * How much code of other functions V8 puts into one that it compiles, in bytes of its own bytecode; its defaults are 460
 * and 920. Forwarding a request is many small steps, and with these about a tenth of their time goes away. Loops, on the
 * other hand, are short here, a header's name or its value: written out four times each, as is V8's habit, they are more
 * code, and no faster.
 */
const ofCompiler = [
  '--max-inlined-bytecode-size=600',
  '--max-inlined-bytecode-size-cumulative=2000',
  '--no-turboshaft-loop-unrolling',
]

/**
 * How V8 collects what a router does not need any more. A collection holds requests up, and a large table brings many: what
 * is new is all there to stay, and half of what was there before is not.
 *
 * - Pages of young objects become old ones as they are where a twentieth of them is in use; copying what is in use, and
 *   changing everything that leads there, is half of the time that a full collection takes here.
 * - Old pages are tidied up when there is little else to do, not with each full collection.
 * - The next full collection is due at five times the memory in use. By V8's own reckoning it is due so soon that, while a
 *   table comes, marking is not over by then: what is left of it is done at once, for up to 9 ms.
 */
const ofCollections = ['--page-promotion-threshold=5', '--gc-experiment-less-compaction', '--heap-growing-percent=400']

/**
 * To be called before anything is compiled with the defaults. A V8 that does not know one of these says so in the router's
 * log, and nothing else happens.
 */
export function tuneV8(): void {
  for (const setting of [...ofCompiler, ...ofCollections]) setFlagsFromString(setting)
}
