import { partsOf, reportOf } from '../domain/report-parts.ts'
import type { ReportNews } from '../domain/report-parts.ts'
import { reportOutOfJson, type ReportInJson, type RouterReport } from '../domain/router-report.ts'

/** A router's report as the engine has it: whole at first, and from then on by what has changed. */
export class ReportCopy {
  report: RouterReport | undefined
  /** Of the report that is here; none of it is known to a router that has told nothing yet. */
  revision = 'none'
  #parts = new Map<string, unknown>()

  /** The same object as before where nothing has changed. */
  hear(answer: unknown): void {
    const told = answer as (ReportInJson & { readonly revision?: string }) | ReportNews
    if (!('since' in told)) {
      const { revision = 'none', ...report } = told
      this.report = reportOutOfJson(report)
      this.revision = revision
      this.#parts = new Map(partsOf(this.report))
      return
    }
    const { revision, changed, gone } = told
    if (revision === this.revision) return
    for (const [key, part] of Object.entries(changed)) this.#parts.set(key, part)
    for (const key of gone) this.#parts.delete(key)
    this.report = reportOf(this.#parts, this.report, told)
    this.revision = revision
  }
}
