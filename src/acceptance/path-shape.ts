/** Paths may be deeper; what is below then is one. */
const mostSegments = 12

/**
 * The parts of which a URL's shape is made: a word for each segment, `:number`, `:uuid`, `:hex`, `:date` or `:slug` where it
 * is clearly a value, else the segment itself; and the names of its parameters.
 */
export function shapeParts(url: string): { readonly segments: readonly string[]; readonly query: string } {
  const mark = url.indexOf('?')
  const path = mark === -1 ? url : url.slice(0, mark)
  const segments = path.slice(1).split('/').map(kindOf)
  const deep = segments.length > mostSegments
  return {
    segments: deep ? [...segments.slice(0, mostSegments), '**'] : segments,
    query: mark === -1 ? '' : parameterNames(url.slice(mark + 1)),
  }
}

function kindOf(segment: string): string {
  const { length } = segment
  if (length === 0) return ''
  const first = segment.charCodeAt(0)
  const isDigit = first >= 48 && first <= 57
  if (isDigit && /^\d+$/.test(segment)) return ':number'
  if (isDigit && /^\d{4}-\d\d(-\d\d)?$/.test(segment)) return ':date'
  if (length === 36 && /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(segment)) return ':uuid'
  if (length >= 8 && /^(?=.*\d)[\da-f]+$/i.test(segment)) return ':hex'
  const dot = extensionAt(segment)
  const stem = dot === -1 ? segment : segment.slice(0, dot)
  const value = /^\d+$/.test(stem) ? ':number' : isSlug(stem) ? ':slug' : undefined
  return value === undefined ? segment : `${value}${segment.slice(stem.length).toLowerCase()}`
}

/** Three words or more, as titles become when they are made part of a URL; or text that is mostly escapes. */
function isSlug(text: string): boolean {
  return /^[^-_]+([-_][^-_]+){2,}$/.test(text) || (text.length > 12 && /(%[\dA-F]{2}.?){4,}/.test(text))
}

const extensions = new Set(
  (
    'asp aspx avif bmp cgi css csv do doc docx eot gif gz htm html ico jpeg jpg js json jsp map mjs mp3 mp4 otf pdf php png ' +
    'rss svg svgz tar ttf txt wasm webm webmanifest webp woff woff2 xls xlsx xml zip'
  ).split(' '),
)

/** `*.html` of `about.html`, `*` of what has no extension that is known. */
export function anyLike(segment: string): string {
  const dot = extensionAt(segment)
  return dot === -1 ? '*' : `*${segment.slice(dot).toLowerCase()}`
}

function extensionAt(segment: string): number {
  const dot = segment.lastIndexOf('.')
  return dot > 0 && extensions.has(segment.slice(dot + 1).toLowerCase()) ? dot : -1
}

function parameterNames(query: string): string {
  const names = query.split('&').map((part) => {
    const equals = part.indexOf('=')
    return equals === -1 ? part : part.slice(0, equals)
  })
  // What is called `*` must not be taken for all there are.
  return `?${[...new Set(names)].join('&').replaceAll('*', '%2A')}`
}
