import { partsOf } from '../domain/report-parts.ts'
import type { ReportNews } from '../domain/report-parts.ts'
import type { RouterReport } from '../domain/router-report.ts'

/** Tells whoever asks again and again only what has changed since, so that what is idle is not told ten times a second. */
export class ReportTeller {
  /** What was told last, part by part as text. */
  #texts: ReadonlyMap<string, string> = new Map()
  #revision = ''
  #number = 0

  /** The whole report, with its revision, to whoever has another one than was told last, or none. */
  tell(report: RouterReport, since: string | undefined): (RouterReport & { readonly revision: string }) | ReportNews {
    const parts = partsOf(report)
    const before = this.#texts
    const texts = new Map<string, string>()
    const changed: Record<string, unknown> = {}
    for (const [key, part] of parts) {
      const text = JSON.stringify(part)
      texts.set(key, text)
      if (before.get(key) !== text) changed[key] = part
    }
    const gone = [...before.keys()].filter((key) => !texts.has(key))
    const told = this.#revision
    if (gone.length > 0 || Object.keys(changed).length > 0) {
      this.#texts = texts
      this.#revision = `${report.routerId}/${++this.#number}`
    }
    const revision = this.#revision
    return since === undefined || since !== told ? { ...report, revision } : { since, revision, changed, gone }
  }
}
