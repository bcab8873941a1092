/** What is wrong with a bucket's name, in a sentence; undefined for a good one. */
export function bucketNameProblem(name: string): string | undefined {
  if (name.length < 3 || name.length > 63) return `It has ${name.length} characters; 3 to 63 are allowed.`
  if (!/^[a-z0-9.-]+$/.test(name)) return 'Only lower-case letters, digits, dots and hyphens are allowed.'
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return 'It must begin and end with a letter or digit.'
  if (name.includes('..')) return 'Two dots must not follow each other.'
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return 'It must not look like an IP address.'
  const prefix = ['xn--', 'sthree-'].find((reserved) => name.startsWith(reserved))
  if (prefix !== undefined) return `Names that begin with ${prefix} are kept by AWS for itself.`
  const suffix = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'].find((reserved) => name.endsWith(reserved))
  return suffix === undefined ? undefined : `Names that end with ${suffix} are kept by AWS for itself.`
}

/** How many bytes a text has in UTF-8: a key may have 1024. */
export function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
  }
  return bytes
}

/**
 * The order of S3's lists, that of the UTF-8 bytes. It differs from JavaScript's own, that of UTF-16, only where one of
 * the two characters is beyond U+FFFF: its surrogates stand before U+E000.
 */
export function compareKeys(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index += 1) {
    const difference = rank(one.charCodeAt(index)) - rank(other.charCodeAt(index))
    if (difference !== 0) return difference
  }
  return one.length - other.length
}

function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}
