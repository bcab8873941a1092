import type { BenchOptions } from '../options.ts'
import type { Site } from '../site.ts'
import type { Stage } from '../stage.ts'
import type { Contender, ContenderName, Running } from './contender.ts'
import { allContenders } from './index.ts'

/** Those of the wanted ones that are installed, and the names of the others. */
export function contendersFor({ only }: Pick<BenchOptions, 'only'>): {
  readonly present: readonly Contender[]
  readonly missing: readonly ContenderName[]
} {
  const wanted = allContenders.filter(({ name }) => only === undefined || only.includes(name))
  const present = wanted.filter((contender) => contender.version() !== undefined)
  const missing = wanted.filter((contender) => !present.includes(contender)).map(({ name }) => name)
  return { present, missing }
}

/** Rejects with what it wrote last where it does not start. */
export async function startContender(stage: Stage, contender: Contender, site: Site): Promise<Running> {
  try {
    return await contender.start(stage, site)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`${contender.name} could not be started: ${reason}\n${stage.outputOf(contender.name)}`, {
      cause: error,
    })
  }
}
