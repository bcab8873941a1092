/** XML 1.0 cannot carry control characters at all, and a client that meets one fails to read the whole answer. */
export const withoutControls = (xml: string): string =>
  xml.replace(/(?![\t\n\r\u0080-\u009F])[\p{Cc}\uFFFE\uFFFF]/gu, '\uFFFD')

export const escapeXml = (text: string): string =>
  text.replace(/[<>&"]/g, (character) => `&#${character.charCodeAt(0)};`)
