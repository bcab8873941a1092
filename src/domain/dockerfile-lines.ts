/** One instruction of a Dockerfile: its continuation lines joined, comments taken out. */
export type DockerfileInstruction = {
  /** Upper case: `RUN`. */
  readonly name: string
  /** Everything after the name, trimmed. */
  readonly text: string
  /** Of its first line, from 1. */
  readonly line: number
}

export type DockerfileLines = {
  readonly escape: '\\' | '`'
  readonly instructions: readonly DockerfileInstruction[]
}

/** What is wrong with a Dockerfile; the message names file, line and instruction. */
export class DockerfileError extends Error {
  constructor(file: string, line: number, instruction: string, problem: string) {
    super(`${file}:${line}: ${instruction === '' ? '' : `${instruction}: `}${problem}`)
    this.name = 'DockerfileError'
  }
}

/** Splits a Dockerfile into instructions by Docker's rules of directives, comments and continuation lines. */
export function readDockerfileLines(text: string, file: string): DockerfileLines {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/)
  const escape = readEscapeDirective(lines, file)
  const continued = escape === '\\' ? /\\[ \t]*$/ : /`[ \t]*$/
  const instructions: DockerfileInstruction[] = []
  let open: { line: number; text: string } | undefined
  lines.forEach((raw, index) => {
    const blank = raw.trim() === '' || raw.trimStart().startsWith('#')
    // Comments and empty lines may stand between continuation lines; they do not end the instruction.
    if (blank) return
    open ??= { line: index + 1, text: '' }
    open.text += raw.replace(continued, '')
    if (continued.test(raw)) return
    instructions.push(toInstruction(open, file))
    open = undefined
  })
  if (open !== undefined) instructions.push(toInstruction(open, file))
  return { escape, instructions }
}

/** Directives (`# escape=`, `# syntax=`) count only above the first comment, empty line and instruction. */
function readEscapeDirective(lines: readonly string[], file: string): '\\' | '`' {
  let escape: '\\' | '`' = '\\'
  for (const [index, line] of lines.entries()) {
    const directive = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*$/.exec(line)
    if (directive === null) break
    const [, name = '', value = ''] = directive
    if (name.toLowerCase() !== 'escape') continue
    if (value !== '\\' && value !== '`') {
      throw new DockerfileError(file, index + 1, '', `invalid escape directive "${value}": it must be \\ or \``)
    }
    escape = value
  }
  return escape
}

function toInstruction(open: { line: number; text: string }, file: string): DockerfileInstruction {
  const [, name = '', rest = ''] = /^\s*(\S+)\s*([\s\S]*)$/.exec(open.text) ?? []
  const instruction = { name: name.toUpperCase(), text: rest.trim(), line: open.line }
  refuseHeredoc(instruction, file)
  return instruction
}

/** A here-document's body would read as instructions; it is refused rather than misread. `<<<` is not one. */
function refuseHeredoc(instruction: DockerfileInstruction, file: string): void {
  if (!['RUN', 'COPY', 'ADD'].includes(instruction.name)) return
  const heredoc = /(?:^|\s)\d*<<-?["']?([A-Za-z_]\w*)/.exec(instruction.text)
  if (heredoc === null) return
  const problem =
    `here-documents (<<${heredoc[1] ?? ''}) are not supported: ` +
    `write the commands with && and line continuations, or copy a file of the build context`
  throw new DockerfileError(file, instruction.line, instruction.name, problem)
}
