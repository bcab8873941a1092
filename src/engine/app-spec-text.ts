import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document } from 'yaml'
import { AppSpecError, readAppSpecTree, type AppSpec } from '../domain/app-spec.ts'

/**
 * Reads the text of an AppSpec, JSON or YAML.
 * @throws AppSpecError with the line and column of all that is wrong, beginning with the words CodeDeploy uses.
 */
export function parseAppSpec(content: string): AppSpec {
  if (content.length > longestContent) {
    throw new AppSpecError(`It has ${content.length} characters; ${longestContent} are allowed`, [])
  }
  const lines = new LineCounter()
  const document = parseDocument(content.replace(/^\uFEFF/, ''), {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
    stringKeys: true,
  })
  refuseMalformed(document, lines, content)
  const tree = toTree(document)
  try {
    return readAppSpecTree(tree)
  } catch (error) {
    if (!(error instanceof AppSpecError)) throw error
    if (error.path.length === 0) throw error
    const placed = ({ detail, path }: AppSpecError, others: readonly AppSpecError[] = []): AppSpecError =>
      new AppSpecError(detail, path, { position: positionOf(document, path, lines), others })
    throw placed(
      error,
      error.others.map((other) => placed(other)),
    )
  }
}

/** Ours, not AWS's: parsing longer texts could hold up the engine. Real ones have about one thousand characters. */
const longestContent = 65_536

function refuseMalformed(document: Document, lines: LineCounter, content: string): void {
  const [problem] = [...document.errors, ...document.warnings].toSorted((one, other) => one.pos[0] - other.pos[0])
  if (problem === undefined) return
  const { line, col } = lines.linePos(problem.pos[0])
  const language = content.trimStart().startsWith('{') ? 'json' : 'yaml'
  throw new AppSpecError(
    `The input AppSpec file is a not well-formed ${language}. The template cannot be parsed. ` +
      `Line ${line}, column ${col}: ${explain(problem)}`,
    [],
  )
}

function explain({ code, message }: { readonly code: string; readonly message: string }): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'a tab is used for indentation. Use spaces'
    case 'TAG_RESOLVE_FAILED':
      return `${message}. Write the value itself: an AppSpec has no functions or tags`
    case 'MULTIPLE_DOCS':
      return 'it holds several documents, separated by ---. Keep one'
    case 'DUPLICATE_KEY':
      return 'this key stands in its mapping a second time. Keep one'
    case 'RESOURCE_EXHAUSTION':
      return 'it is nested too deeply'
    default:
      return message
  }
}

/** Anchors and aliases are resolved, but not so many that a short text grows without bound. */
function toTree(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AppSpecError(`Its YAML aliases cannot be resolved: ${reason}. Write the values out`, [])
  }
}

/** Where the key of the value stands; for a member that is missing, the mapping which should have it. */
function positionOf(document: Document, path: AppSpecError['path'], lines: LineCounter): Position | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = document.getIn(path.slice(0, length - 1), true)
    const last = path[length - 1]
    const key = isMap(parent)
      ? parent.items.find((pair) => isScalar(pair.key) && pair.key.value === last)?.key
      : undefined
    const start = startOf(key ?? document.getIn(path.slice(0, length), true))
    if (start === undefined) continue
    const { line, col } = lines.linePos(start)
    return { line, column: col }
  }
  return undefined
}

type Position = { readonly line: number; readonly column: number }

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined
}
