import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { readFileSync, statSync } from 'node:fs'
import { CliError } from './exit-code.ts'
import { fileProblem } from './file-problem.ts'

export type Position = { readonly line: number; readonly column: number }

/** Whatever is larger is no file of a deployment; reading its structure could take minutes. */
const mostBytes = 1024 * 1024

/** A file of JSON or YAML that can tell where in it a value stands. */
export class PositionedDocument {
  readonly file: string
  readonly text: string
  readonly #lines = new LineCounter()
  readonly #document: Document
  readonly #problem: string | undefined

  constructor(file: string, text: string) {
    this.file = file
    this.text = text.replace(/^\uFEFF/, '')
    const options = { lineCounter: this.#lines, prettyErrors: false, logLevel: 'error', stringKeys: true } as const
    const document = parseDocument(this.text, options)
    const [error] = document.errors
    if (error !== undefined) {
      const { line, col } = this.#lines.linePos(error.pos[0])
      this.#problem = `line ${line}, column ${col}: ${error.message}`
    }
    this.#document = document
  }

  /** Throws a `CliError` where the file cannot be read. */
  static read(file: string): PositionedDocument {
    try {
      const { size } = statSync(file)
      if (size > mostBytes)
        throw new Error(`it has ${size} bytes, and a file of a deployment has at most ${mostBytes}.`)
      return new PositionedDocument(file, readFileSync(file, 'utf8'))
    } catch (error) {
      throw fileProblem(file, error)
    }
  }

  /** What is written there; throws a `CliError` where it is not JSON. */
  json(): Readonly<Record<string, unknown>> {
    try {
      const value: unknown = JSON.parse(this.text)
      // Such as a member that is there twice, of which JSON.parse drops one.
      if (this.#problem !== undefined) throw new Error(this.#problem)
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
        return value as Readonly<Record<string, unknown>>
      }
    } catch (error) {
      throw new CliError(`${this.file} is not JSON: ${error instanceof Error ? error.message : String(error)}`)
    }
    throw new CliError(`${this.file} holds no JSON object.`)
  }

  /** What is written there, in YAML or JSON; throws a `CliError` where it is neither. */
  tree(): unknown {
    if (this.#problem !== undefined) throw new CliError(`${this.file} cannot be read: ${this.#problem}`)
    return this.#document.toJS({ maxAliasCount: 50 })
  }

  /** The text with another value for a member; all else, comments too, stays as it is. Undefined where there is none. */
  withValue(field: readonly (string | number)[], value: string): string | undefined {
    const range = rangeOfValue(this.#document.contents, field)
    if (range === undefined) return undefined
    const [start, end] = range
    const quote = /^["']/.exec(this.text.slice(start))?.[0] ?? ''
    return `${this.text.slice(0, start)}${quote}${value}${quote}${this.text.slice(end)}`
  }

  /**
   * Where the member stands, found by its last names in any letter case, whatever lies around them; where it is missing,
   * where its nearest parent that is there does.
   */
  positionOf(field: readonly (string | number)[]): Position | undefined {
    for (let length = field.length; length > 0; length -= 1) {
      const offset = offsetOf(this.#document.contents, field.slice(0, length))
      if (offset === undefined) continue
      const { line, col } = this.#lines.linePos(offset)
      return { line, column: col }
    }
    return undefined
  }
}

function rangeOfValue(node: unknown, field: readonly (string | number)[]): readonly [number, number] | undefined {
  const value = memberAt(node, field)?.value
  return isScalar(value) && value.range != null ? [value.range[0], value.range[1]] : undefined
}

function offsetOf(node: unknown, field: readonly (string | number)[]): number | undefined {
  return memberAt(node, field)?.start
}

/** Depth first. An entry of a list is named by its position, or by its `name` member. */
function memberAt(node: unknown, field: readonly (string | number)[]): Member | undefined {
  const [first, ...rest] = field
  if (first === undefined) return undefined
  for (const member of membersOf(node)) {
    if (!member.names.includes(String(first).toLowerCase())) continue
    const found = rest.length === 0 ? member : memberAt(member.value, rest)
    if (found !== undefined) return found
  }
  for (const { value } of membersOf(node)) {
    const found = memberAt(value, field)
    if (found !== undefined) return found
  }
  return undefined
}

type Member = { readonly names: readonly string[]; readonly start: number | undefined; readonly value: unknown }

function membersOf(node: unknown): readonly Member[] {
  if (isMap(node)) {
    return node.items.map(({ key, value }) => ({ names: [textOf(key)], start: startOf(key), value }))
  }
  if (!isSeq(node)) return []
  return node.items.map((item, index) => ({
    names: [String(index), ...(isMap(item) ? [textOf(item.get('name', true))] : [])],
    start: startOf(item),
    value: item,
  }))
}

function textOf(node: unknown): string {
  return isScalar(node) ? String(node.value).toLowerCase() : ''
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
