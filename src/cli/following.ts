import { setTimeout as delay } from 'node:timers/promises'
import { forAwsUser } from './aws-access.ts'

/**
 * Looks again and again, until the program is ended; before each look is a pause. What does not answer for a while is asked
 * again, and that is told once.
 */
export async function followOn(
  look: () => Promise<void>,
  pauseMilliseconds: () => number,
  access: { readonly endpoint: () => string },
): Promise<never> {
  for (let isTold = false; ;) {
    await delay(pauseMilliseconds())
    try {
      await look()
      isTold = false
    } catch (error) {
      const told = forAwsUser(error, access)
      if (!isTold) console.error(`teal: ${told instanceof Error ? told.message : String(told)} It is asked again.`)
      isTold = true
    }
  }
}
