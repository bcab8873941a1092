/**
 * What a program wrote, as text for people: colours and whatever else steers a terminal are left away, so that no
 * container or function moves, erases or colours what stands around its words.
 */
export function textOfProgram(text: string): string {
  return text.replaceAll(sequence, '').replaceAll(/\p{Cc}+/gu, ' ')
}

const escape = '\u001B'
/** Of ECMA-48: control sequences (`ESC [ 31 m`), titles and links (`ESC ] … BEL`), and what is shorter (`ESC ( B`). */
const sequence = new RegExp(
  [
    `(?:${escape}\\[|\u009B)[0-?]{0,64}[ -/]{0,8}[@-~]`,
    `${escape}\\][^\u0007${escape}]{0,4096}(?:\u0007|${escape}\\\\)`,
    `${escape}[ -/]{1,8}[0-~]`,
    `${escape}[0-Z^-~\\\\]`,
  ].join('|'),
  'g',
)
