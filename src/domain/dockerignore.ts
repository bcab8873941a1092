/** Says whether a path of the build context (relative, with `/`) is left out of it. */
export type IgnoreRules = {
  readonly ignores: (path: string) => boolean
  /** True where an ignored directory may hold files that a `!` rule takes back. */
  readonly hasExceptions: boolean
}

/**
 * The rules of a `.dockerignore`, as Docker reads them: a pattern also covers everything below what it matches, `**`
 * stands for any number of directories, `!` takes back, and the last rule that matches decides.
 */
export function parseDockerignore(text: string): IgnoreRules {
  const rules = text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter((line) => !line.startsWith('#'))
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== '!')
    .map(toRule)
    .filter((rule) => rule !== undefined)
  return {
    ignores: (path) => rules.reduce((ignored, rule) => (rule.matches(path) ? !rule.isException : ignored), false),
    hasExceptions: rules.some((rule) => rule.isException),
  }
}

function toRule(line: string): { isException: boolean; matches: (path: string) => boolean } | undefined {
  const isException = line.startsWith('!')
  const pattern = cleanPattern(isException ? line.slice(1).trim() : line)
  if (pattern === '') return undefined
  const expression = toExpression(pattern)
  return { isException, matches: (path) => withParents(path).some((each) => expression.test(each)) }
}

function cleanPattern(pattern: string): string {
  const parts: string[] = []
  for (const part of pattern.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

function withParents(path: string): readonly string[] {
  const parts = path.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'))
}

function toExpression(pattern: string): RegExp {
  const tokens = pattern.match(/\*\*\/?|\*|\?|\\.|\[[^\]]*\]|[\s\S]/g) ?? []
  const source = tokens.map((token, index) => {
    if (token.startsWith('**')) return index === tokens.length - 1 ? '.*' : '(?:.*/)?'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    if (token.startsWith('[') && token.length > 2) return token
    return (token.startsWith('\\') && token.length === 2 ? token.slice(1) : token).replace(
      /[$()*+.?[\\\]^{|}/]/,
      '\\$&',
    )
  })
  try {
    return new RegExp(`^${source.join('')}$`, 's')
  } catch {
    throw new Error(`.dockerignore: the pattern "${pattern}" is not valid`)
  }
}
