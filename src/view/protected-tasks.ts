import { waitForProtected } from '../domain/task-protection.ts'
import type { Outlook, Suggestion } from './deployment-view.ts'
import { shortenedArns, type SeenProtectedTask, type Surroundings } from './surroundings.ts'
import { momentOf } from './words.ts'

/** A deployment that could go on, if tasks were not protected from scale-in; undefined where there are none. */
export function outlookOnProtected(held: readonly SeenProtectedTask[], now: number): Outlook | undefined {
  const sentence = protectionInWords(held, now)
  if (sentence === undefined) return undefined
  return {
    now: sentence,
    until: Math.max(...held.map(({ until }) => until)),
    next: `${held.length === 1 ? 'It is' : 'They are'} stopped, unless protected for longer.`,
  }
}

export function protectionInWords(held: readonly SeenProtectedTask[], now: number): string | undefined {
  const sentence = waitForProtected(held, (time) => momentOf(time, now))
  return sentence && shortenedArns(sentence)
}

/** AWS takes ten tasks with one call. */
export function endingProtection(
  { service }: Pick<Surroundings, 'service'>,
  held: readonly SeenProtectedTask[],
): readonly Suggestion[] {
  if (held.length === 0) return []
  const cluster = service?.clusterArn?.split('/').at(-1) ?? 'default'
  const tasks = held.slice(0, 10).map(({ taskId }) => taskId)
  const command = `aws ecs update-task-protection --cluster ${cluster} --no-protection-enabled --tasks ${tasks.join(' ')}`
  return [{ command, effect: 'wait no longer' }]
}
