import { partsOfSection, prefixes, sectionNames, sectionsOf } from '../domain/report-parts.ts'
import type { ReportParts, ReportSections } from '../domain/report-parts.ts'
import type { RouterReport } from '../domain/router-report.ts'
import { inSlices } from './slices.ts'

/** A section as it was told last. */
type Told = { readonly section: unknown; readonly parts: ReportParts }

/** Resolves to a report, step by step. */
type Reporting = Generator<void, RouterReport>

/** As JSON; of `changed`, with their keys. */
type News = { readonly changed: string[]; readonly gone: string[] }

/**
 * Tells whoever asks again and again only what has changed since, as `ReportNews`. What is idle is not told ten times a
 * second, nor even looked through: a section, or a part, that is the same object has not changed.
 *
 * It is taken, and its text is made, in slices: those of a thousand targets take some milliseconds.
 */
export class ReportTeller {
  readonly #told = new Map<keyof ReportSections, Told>()
  #revision = ''
  #number = 0
  #lastTelling: Promise<unknown> = Promise.resolve()

  /** Resolves to JSON: the whole report, with its revision, for whoever has another one than was told last, or none. */
  tell(take: () => Reporting, since: string): Promise<string> {
    const text = this.#lastTelling.then(() => inSlices(this.#telling(take(), since)))
    this.#lastTelling = text.catch(() => undefined)
    return text
  }

  *#telling(reporting: Reporting, since: string): Generator<void, string> {
    const report = yield* reporting
    const { changed, gone } = yield* this.#news(report)
    const before = this.#revision
    if (gone.length > 0 || changed.length > 0) this.#revision = `${report.routerId}/${++this.#number}`
    const revision = this.#revision
    if (since !== before) return yield* wholeText(report, { revision })
    const head = JSON.stringify({ since, revision }).slice(0, -1)
    return `${head},"changed":{${changed.join(',')}},"gone":[${gone.join(',')}]}`
  }

  *#news(report: RouterReport): Generator<void, News> {
    const news: News = { changed: [], gone: [] }
    const sections = sectionsOf(report)
    for (const name of sectionNames) {
      const told = this.#told.get(name)
      if (told?.section === sections[name]) continue
      const parts = partsOfSection(name, sections)
      this.#told.set(name, { section: sections[name], parts })
      for (const [key, part] of parts) {
        const text = newText(part, told?.parts.get(key))
        if (text !== undefined) news.changed.push(`${JSON.stringify(prefixes[name] + key)}:${text}`)
        yield
      }
      for (const key of told?.parts.keys() ?? []) {
        if (!parts.has(key)) news.gone.push(JSON.stringify(prefixes[name] + key))
        yield
      }
    }
    return news
  }
}

/** Resolves to JSON, as routers have told it that knew nothing of news. */
export function toldWhole(reporting: Reporting): Promise<string> {
  return inSlices(wholeTelling(reporting))
}

function* wholeTelling(reporting: Reporting): Generator<void, string> {
  return yield* wholeText(yield* reporting, {})
}

function* wholeText({ targets, ...rest }: RouterReport, more: object): Generator<void, string> {
  const texts: string[] = []
  for (const [key, target] of targets) {
    texts.push(`${JSON.stringify(key)}:${JSON.stringify(target)}`)
    yield
  }
  return `${JSON.stringify({ ...rest, ...more }).slice(0, -1)},"targets":{${texts.join(',')}}}`
}

/** Undefined where the part says what it said before. */
function newText(part: unknown, before: unknown): string | undefined {
  if (part === before) return undefined
  const text = JSON.stringify(part)
  return before !== undefined && JSON.stringify(before) === text ? undefined : text
}
