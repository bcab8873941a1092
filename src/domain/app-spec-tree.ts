import { nearestName } from './nearest-name.ts'

/** Where in a document: keys as they are written, and positions in lists. */
type TreePath = readonly (string | number)[]

/** An AppSpec that cannot be deployed. Its message begins as CodeDeploy's does, and goes on with what, where and how to mend. */
export class AppSpecError extends Error {
  /** The part after CodeDeploy's own words. */
  readonly detail: string
  readonly path: TreePath
  readonly position: { readonly line: number; readonly column: number } | undefined

  constructor(detail: string, path: TreePath, { position, opening = invalid }: AppSpecErrorOptions = {}) {
    const where = position === undefined ? '' : `Line ${position.line}, column ${position.column}: `
    super(`${opening} ${where}${detail}.`)
    this.name = 'AppSpecError'
    this.detail = detail
    this.path = path
    this.position = position
  }
}

type AppSpecErrorOptions = {
  readonly position?: { readonly line: number; readonly column: number } | undefined
  readonly opening?: string
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

  /** The known members of a mapping, found in any letter case, in the order asked for. Any other member is an error. */
  members<const Names extends readonly string[]>(
    names: Names,
    { meant, shape, foreign = {} }: MembersOptions,
  ): { readonly [Index in keyof Names]: TreeNode } {
    const found = new Map<string, TreeNode>()
    for (const entry of this.entries(shape ?? `It has the keys ${names.join(', ')}`)) {
      const name = entry.nameAmong(names)
      if (name === undefined) throw entry.error(unknownKey(entry, names, meant, foreign))
      const first = found.get(name)
      if (first !== undefined) throw entry.error(`says ${name} a second time, after ${place(first.path)}. Keep one`)
      found.set(name, entry)
    }
    const nodes = names.map((name) => found.get(name) ?? new TreeNode(undefined, [...this.path, name]))
    return nodes as { readonly [Index in keyof Names]: TreeNode }
  }

  /** The value's own name, as one of the known ones. */
  nameAmong<Name extends string>(names: readonly Name[]): Name | undefined {
    const written = String(this.path.at(-1)).toLowerCase()
    return names.find((name) => name.toLowerCase() === written)
  }

  suggestion(names: readonly string[]): string {
    const nearest = nearestName(String(this.path.at(-1)), names)
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
