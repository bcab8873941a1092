const mostCharacters = 2_048

/** Parameters that say where a visitor comes from, or keep caches away, and change no answer. */
const tracking = /^(utm_\w+|gclid|gbraid|wbraid|dclid|fbclid|msclkid|yclid|igshid|mc_cid|mc_eid|_ga|_gl|_)$/i
const secretName =
  /token|secret|passw|api[-_]?key|access[-_]?key|signature|session|jwt|credential|e-?mail|^x-amz-|(^|[-_])(sig|sid|pwd|pass|auth|otp|hmac|ticket)$/i
const jsonWebToken = /^eyJ[\w-]+\.[\w-]+/
/** What clients escape, unless they want to see what happens. */
const notInUrls = /[^\u0021-\u007E\u0080-\u00FF]|["<>\\^`{|}#]/
const longRandom = /^(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[\w-]{32,}$/

/**
 * The form in which URLs that are the same are written the same: parameters in order, those that only track left out,
 * escapes as RFC 3986 prefers them. `target` is path and query, a byte a character. `secret` where something in it should
 * not stand in a list; undefined where it is not well formed.
 */
export function normalUrl(target: string): `/${string}` | 'secret' | undefined {
  if (target.length > mostCharacters || !target.startsWith('/') || notInUrls.test(target)) return undefined
  const mark = target.indexOf('?')
  const path: `/${string}` = `/${escapesOf(mark === -1 ? target.slice(1) : target.slice(1, mark))}`
  if (/;[^/]*sess/i.test(path) || (path.length > 32 && path.split('/').some(isSecretValue))) return 'secret'
  if (mark === -1) return path
  const query = normalQuery(target.slice(mark + 1))
  return query === 'secret' ? query : query === '' ? path : `${path}?${query}`
}

function normalQuery(text: string): string {
  const kept: string[] = []
  for (const part of text.split('&')) {
    const equals = part.indexOf('=')
    const name = equals === -1 ? part : part.slice(0, equals)
    if (part === '' || tracking.test(name)) continue
    if (secretName.test(name) || isSecretValue(part.slice(equals + 1))) return 'secret'
    kept.push(escapesOf(part))
  }
  return kept.toSorted().join('&')
}

function isSecretValue(text: string): boolean {
  return text.length >= 16 && (jsonWebToken.test(text) || longRandom.test(text))
}

/** What needs no escape has none; others are in capitals; bytes beyond ASCII are escaped. */
function escapesOf(text: string): string {
  if (!/[%\u0080-\u{10FFFF}]/u.test(text)) return text
  return text
    .replaceAll(/[\u0080-\u00FF]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll(/%[0-9a-f]{2}/gi, (escape) => {
      const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16))
      return /[\w.~-]/.test(character) ? character : escape.toUpperCase()
    })
}
