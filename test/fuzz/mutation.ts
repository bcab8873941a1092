import type { SeededChance } from '../world/seeded-chance.ts'

const bytes = ['\0', '\t', '\n', '\r', ' ', ':', ',', ';', '"', '#', '/', '0', '1', 'a', '\x0b', '\x7f', '\x80', '\xff']
const pieces = [
  '\r\n',
  '\n',
  '\r\n\r\n',
  '\r\n ',
  '0\r\n\r\n',
  '5\r\nhello\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: identity\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'transfer-encoding:chunked\r\n',
  'Transfer_Encoding: chunked\r\n',
  'Content-Length: 5\r\n',
  'Content-Length: 0\r\n',
  'content-length:3\r\n',
  'Connection: close\r\n',
  'Connection: keep-alive\r\n',
  'Connection: Content-Length, X-A\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket\r\n',
  'Host: b.example\r\n',
  'Expect: 100-continue\r\n',
  'X-Forwarded-For: 10.9.9.9\r\n',
  'X_Forwarded-Proto: https\r\n',
  'x-forwarded-port: 443\r\n',
  'X-Amzn-Trace-Id: Self=1-x;Root=1-y\r\n',
  'X-Amzn-Tls-Version: TLSv1.3\r\n',
  'Connection: X-Forwarded-Proto, X-Amzn-Trace-Id, Host\r\n',
  'TE: trailers\r\n',
  'X-A: 1\r\n',
  'HTTP/1.1',
  'HTTP/1.0',
  'HEAD',
  'POST',
  'OPTIONS',
  'http://c.example',
  'chunked',
  ';ext=1',
  ';ext="a\\"b"',
]

/** One of the texts, changed in one to four places; every byte is a character. */
export function mutated(texts: readonly string[], chance: SeededChance): string {
  let text = chance.pick(texts)
  const changes = 1 + chance.below(4)
  for (let change = 0; change < changes; change++) text = changedOnce(text, texts, chance)
  return text
}

function changedOnce(text: string, texts: readonly string[], chance: SeededChance): string {
  const at = chance.below(text.length + 1)
  switch (chance.below(9)) {
    case 0:
      return text.slice(0, at) + chance.pick(bytes) + text.slice(at)
    case 1:
      return text.slice(0, at) + chance.pick(bytes) + text.slice(at + 1)
    case 2:
      return text.slice(0, at) + text.slice(at + 1 + chance.below(3))
    case 3:
      return text.slice(0, at) + chance.pick(pieces) + text.slice(at)
    case 4:
      return withLine(text, chance.pick(pieces), chance)
    case 5: {
      const lines = text.split('\r\n')
      return withLine(text, `${chance.pick(lines)}\r\n`, chance)
    }
    case 6:
      return withoutLine(text, chance)
    case 7:
      return text + chance.pick(texts)
    default:
      return text.slice(0, at) + chance.pick(texts).slice(chance.below(40))
  }
}

function withLine(text: string, line: string, chance: SeededChance): string {
  const lines = text.split('\r\n')
  lines.splice(1 + chance.below(lines.length), 0, line.replace(/\r\n$/, ''))
  return lines.join('\r\n')
}

function withoutLine(text: string, chance: SeededChance): string {
  const lines = text.split('\r\n')
  lines.splice(chance.below(lines.length), 1)
  return lines.join('\r\n')
}
