/** What `$X` means; undefined when it is not set. */
export type Variables = (name: string) => string | undefined

type Reader = { readonly text: string; at: number; readonly escape: string; readonly variables: Variables }

/**
 * Substitutes variables and takes quotes away, as Docker does for ENV, WORKDIR, COPY, EXPOSE and the like: `$X`, `${X}`,
 * `${X:-d}`, `${X-d}`, `${X:+a}`, `${X+a}`, `${X:?text}`, `${X?text}`; nothing inside single quotes. Throws Error with
 * the problem, without file and line.
 */
export function expandWord(text: string, variables: Variables, escape: string): string {
  const reader: Reader = { text, at: 0, escape, variables }
  return readUntil(reader, '')
}

/** Splits at white space outside quotes; quotes and escapes stay as they are. */
export function splitWords(text: string, escape: string): readonly string[] {
  const words: string[] = []
  let word = ''
  let quote = ''
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? ''
    if (quote === '' && /\s/.test(char)) {
      if (word !== '') words.push(word)
      word = ''
      continue
    }
    word += char
    if (char === escape && quote !== "'") word += text[++at] ?? ''
    else if (quote === '' && (char === '"' || char === "'")) quote = char
    else if (char === quote) quote = ''
  }
  return word === '' ? words : [...words, word]
}

function readUntil(reader: Reader, end: string): string {
  let result = ''
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at] ?? ''
    if (char === end) break
    reader.at += 1
    if (char === "'") result += readSingleQuoted(reader)
    else if (char === '"') result += readDoubleQuoted(reader)
    else if (char === '$') result += readVariable(reader)
    else if (char === reader.escape) result += reader.text[reader.at++] ?? ''
    else result += char
  }
  return result
}

function readSingleQuoted(reader: Reader): string {
  const end = reader.text.indexOf("'", reader.at)
  if (end === -1) throw new Error("a single quote (') is not closed")
  const result = reader.text.slice(reader.at, end)
  reader.at = end + 1
  return result
}

function readDoubleQuoted(reader: Reader): string {
  let result = ''
  while (reader.at < reader.text.length) {
    const char = reader.text[reader.at++] ?? ''
    if (char === '"') return result
    if (char === '$') {
      result += readVariable(reader)
      continue
    }
    const next = reader.text[reader.at] ?? ''
    // Inside double quotes the escape character counts only before what it can protect.
    const protects = char === reader.escape && (next === '"' || next === '$' || next === reader.escape)
    result += protects ? next : char
    if (protects) reader.at += 1
  }
  throw new Error('a double quote (") is not closed')
}

function readVariable(reader: Reader): string {
  if (reader.text[reader.at] === '{') return readBraces(reader)
  const name = /^[A-Za-z_]\w*/.exec(reader.text.slice(reader.at))?.[0]
  if (name === undefined) return '$'
  reader.at += name.length
  return reader.variables(name) ?? ''
}

function readBraces(reader: Reader): string {
  const start = reader.at - 1
  const match = /^\{([A-Za-z_]\w*)/.exec(reader.text.slice(reader.at))
  const name = match?.[1] ?? ''
  reader.at += match?.[0].length ?? 0
  const operator = /^(?:\}|:?[-+?])/.exec(reader.text.slice(reader.at))?.[0]
  if (match === null || operator === undefined) {
    const form = reader.text.slice(start).split(/\s/)[0] ?? ''
    throw new Error(`"${form}" is not supported: write $NAME, \${NAME}, \${NAME:-default} or \${NAME:+other}`)
  }
  reader.at += operator.length
  const value = reader.variables(name)
  if (operator === '}') return value ?? ''
  const word = readUntil(reader, '}')
  if (reader.text[reader.at++] !== '}') throw new Error(`"\${${name}" is not closed with }`)
  const isSet = value !== undefined && (value !== '' || !operator.startsWith(':'))
  if (operator.endsWith('-')) return isSet ? (value ?? '') : word
  if (operator.endsWith('+')) return isSet ? word : ''
  if (isSet) return value ?? ''
  throw new Error(`${name}: ${word === '' ? 'it has no value' : word}`)
}
