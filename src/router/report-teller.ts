import { partsOfSection, sectionsOf } from '../domain/report-parts.ts'
import type { ReportNews, ReportParts, ReportSections } from '../domain/report-parts.ts'
import type { RouterReport } from '../domain/router-report.ts'

/** A section as it was told last. */
type Told = { readonly section: unknown; readonly parts: ReportParts }

/**
 * Tells whoever asks again and again only what has changed since. What is idle is not told ten times a second, nor even
 * looked through: a section, or a part, that is the same object has not changed.
 */
export class ReportTeller {
  readonly #told = new Map<keyof ReportSections, Told>()
  #revision = ''
  #number = 0

  /** The whole report, with its revision, to whoever has another one than was told last, or none. */
  tell(report: RouterReport, since: string | undefined): (RouterReport & { readonly revision: string }) | ReportNews {
    const changed: Record<string, unknown> = {}
    const gone: string[] = []
    const sections = sectionsOf(report)
    for (const name of Object.keys(sections) as (keyof ReportSections)[]) {
      const told = this.#told.get(name)
      if (told?.section === sections[name]) continue
      const parts = partsOfSection(name, sections)
      this.#told.set(name, { section: sections[name], parts })
      for (const [key, part] of parts) if (!isSame(part, told?.parts.get(key))) changed[key] = part
      for (const key of told?.parts.keys() ?? []) if (!parts.has(key)) gone.push(key)
    }
    const before = this.#revision
    if (gone.length > 0 || Object.keys(changed).length > 0) this.#revision = `${report.routerId}/${++this.#number}`
    const revision = this.#revision
    return since === undefined || since !== before ? { ...report, revision } : { since, revision, changed, gone }
  }
}

function isSame(part: unknown, before: unknown): boolean {
  return part === before || JSON.stringify(part) === JSON.stringify(before)
}
