import { nearestName } from './nearest-name.ts'

/** Where in a document: keys as they are written, and positions in lists. */
type TreePath = readonly (string | number)[]

/** An AppSpec that cannot be deployed. Its message begins as CodeDeploy's does, and goes on with what, where and how to mend. */
export class AppSpecError extends Error {
  /** The part after CodeDeploy's own words. */
  readonly detail: string
  readonly path: TreePath
  readonly position: { readonly line: number; readonly column: number } | undefined
  /** What else is wrong with the same AppSpec. */
  readonly others: readonly AppSpecError[]

  constructor(detail: string, path: TreePath, { position, opening = invalid, others = [] }: AppSpecErrorOptions = {}) {
    const where = position === undefined ? '' : `Line ${position.line}, column ${position.column}: `
    super(`${opening} ${where}${detail}.`)
    this.name = 'AppSpecError'
    this.detail = detail
    this.path = path
    this.position = position
    this.others = others
  }

  /** This error and the others, each by itself. */
  all(): readonly AppSpecError[] {
    return [this, ...this.others]
  }
}

type AppSpecErrorOptions = {
  readonly position?: { readonly line: number; readonly column: number } | undefined
  readonly opening?: string
  readonly others?: readonly AppSpecError[]
}

/**
 * Reads parts that do not need each other, all of them also where one is wrong.
 * @throws AppSpecError with what is wrong with any of them: the first, and the others.
 */
export function together<const Parts extends readonly (() => unknown)[]>(
  ...parts: Parts
): { readonly [Index in keyof Parts]: ReturnType<Parts[Index]> } {
  const errors: AppSpecError[] = []
  const values = parts.map((part) => {
    if (errors.length >= mostErrors) return undefined
    try {
      return part()
    } catch (error) {
      if (!(error instanceof AppSpecError)) throw error
      errors.push(...error.all())
      return undefined
    }
  })
  throwAll(errors)
  return values as { readonly [Index in keyof Parts]: ReturnType<Parts[Index]> }
}

/** Whoever has made as many has not written an AppSpec; and looking for the places of thousands would hold up the engine. */
const mostErrors = 25

function throwAll([first, ...others]: readonly AppSpecError[]): void {
  if (first === undefined) return
  throw others.length === 0
    ? first
    : new AppSpecError(first.detail, first.path, { others: others.slice(0, mostErrors - 1) })
}

const invalid =
  'The deployment failed because the AppSpec file that specifies the deployment configuration is missing or has an ' +
  'invalid configuration.'

/** One value of a parsed document, and the place it stands at, so that every complaint can name it. */
export class TreeNode {
  readonly #value: unknown
  readonly path: TreePath

  constructor(value: unknown, path: TreePath) {
    this.#value = value
    this.path = path
  }

  /** Absent members are null, too. */
  isNull(): boolean {
    return this.#value === null || this.#value === undefined
  }

  isList(): boolean {
    return Array.isArray(this.#value)
  }

  list(shape: string): readonly TreeNode[] {
    if (!Array.isArray(this.#value)) throw this.error(`is ${this.#kind()}, not a list. ${shape}`)
    return this.#value.map((item: unknown, index) => new TreeNode(item, [...this.path, index]))
  }

  /** A mapping's members, in order, each at its place. */
  entries(shape: string): readonly TreeNode[] {
    const value = this.#value
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw this.error(`is ${this.#kind()}, not a mapping of names to values. ${shape}`)
    }
    return Object.entries(value).map(([name, member]) => new TreeNode(member, [...this.path, name]))
  }

  /**
   * What `read` makes of the known members of a mapping, found in any letter case, in the order asked for. Any other member
   * is an error. One that is mistyped is read as the one that is meant, so that what is wrong inside is told, too.
   */
  members<const Names extends readonly string[], Read>(
    names: Names,
    { meant, shape, foreign = {} }: MembersOptions,
    read: (...nodes: { readonly [Index in keyof Names]: TreeNode }) => Read,
  ): Read {
    const found = new Map<string, TreeNode>()
    const wrong: AppSpecError[] = []
    const unknown: TreeNode[] = []
    for (const entry of this.entries(shape ?? `It has the keys ${names.join(', ')}`)) {
      if (wrong.length === mostErrors) break
      const name = entry.nameAmong(names)
      const first = found.get(name ?? '')
      if (name === undefined) {
        unknown.push(entry)
        wrong.push(entry.error(unknownKey(entry, names, meant, foreign)))
      } else if (first === undefined) found.set(name, entry)
      else wrong.push(entry.error(`says ${name} a second time, after ${place(first.path)}. Keep one`))
    }
    for (const entry of unknown) {
      const name = entry.nearestAmong(names)
      if (name !== undefined && !found.has(name)) found.set(name, entry)
    }
    const nodes = names.map((name) => found.get(name) ?? new TreeNode(undefined, [...this.path, name]))
    const [, value] = together(
      () => throwAll(wrong),
      () => read(...(nodes as { readonly [Index in keyof Names]: TreeNode })),
    )
    return value
  }

  /** The value's own name, as one of the known ones. */
  nameAmong<Name extends string>(names: readonly Name[]): Name | undefined {
    const written = String(this.path.at(-1)).toLowerCase()
    return names.find((name) => name.toLowerCase() === written)
  }

  nearestAmong(names: readonly string[]): string | undefined {
    return nearestName(String(this.path.at(-1)), names)
  }

  suggestion(names: readonly string[]): string {
    const nearest = this.nearestAmong(names)
    return nearest === undefined ? '' : ` (did you mean ${nearest}?)`
  }

  /** A text, or a number or truth value as it is written. */
  text(): string {
    const value = this.#value
    if (typeof value === 'string') return value
    if (typeof value === 'number' || typeof value === 'boolean') return String(value)
    throw this.error(`is ${this.#kind()}, not a single value`)
  }

  filledText(how: string): string {
    if (typeof this.#value !== 'string') throw this.error(`is ${this.#kind()}, not a text. ${how}`)
    if (this.#value.trim() === '') throw this.error(`is empty. ${how}`)
    return this.#value.trim()
  }

  wholeNumber(least: number, most: number): number {
    const text = this.text()
    const number = /^\d{1,9}$/.test(text) ? Number(text) : -1
    if (number >= least && number <= most) return number
    throw this.error(`is ${this.shown()}. Write a whole number from ${least} to ${most}`)
  }

  /** The value for a message, shortened. */
  shown(): string {
    return JSON.stringify(this.text().slice(0, 60))
  }

  error(complaint: string): AppSpecError {
    return new AppSpecError(`${place(this.path)} ${complaint}`, this.path)
  }

  #kind(): string {
    const value = this.#value
    if (value === null || value === undefined) return 'empty'
    if (Array.isArray(value)) return 'a list'
    if (typeof value === 'object') return 'a mapping'
    if (typeof value === 'string') return 'a text'
    return typeof value === 'number' ? 'a number' : 'true or false'
  }
}

type MembersOptions = {
  /** What has these members, for messages. */
  readonly meant: string
  readonly shape?: string
  /** Keys known from elsewhere, and what to say of them. */
  readonly foreign?: Readonly<Record<string, string>>
}

function unknownKey(
  entry: TreeNode,
  names: readonly string[],
  meant: string,
  foreign: Readonly<Record<string, string>>,
): string {
  const known = entry.nameAmong(Object.keys(foreign))
  if (known !== undefined) return `${foreign[known]}`
  return `is not a key of ${meant}${entry.suggestion(names)}. It has ${names.join(', ')}`
}

/** `Resources[0].TargetService.Properties`; the whole document is «The AppSpec». */
function place(path: TreePath): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step.slice(0, 60)}`)).join('')
  return text === '' ? 'The AppSpec' : text.replace(/^\./, '')
}
