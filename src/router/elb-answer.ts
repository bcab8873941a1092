import { defaultHandling, type RequestHandling, type RouteAction } from '../domain/routing-table.ts'

/** An answer the load balancer gives by itself. */
export type ElbAnswer = {
  readonly statusCode: number
  /** Each with its line end. */
  readonly headerLines: string
  readonly body: string
}

const phrases: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Not Allowed',
  408: 'Request Time-out',
  410: 'Gone',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  429: 'Too Many Requests',
  463: 'Too Many Forwarded Addresses',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
  505: 'HTTP Version Not Supported',
}

const errorAnswers = new Map<number, ElbAnswer>()

export function errorAnswer(statusCode: number): ElbAnswer {
  const known = errorAnswers.get(statusCode)
  if (known !== undefined) return known
  const answer = { statusCode, headerLines: 'Content-Type: text/html\r\n', body: page(statusCode) }
  errorAnswers.set(statusCode, answer)
  return answer
}

export function redirectAnswer(statusCode: 301 | 302, location: string): ElbAnswer {
  return { statusCode, headerLines: `Content-Type: text/html\r\nLocation: ${location}\r\n`, body: page(statusCode) }
}

export function fixedAnswer(action: Extract<RouteAction, { type: 'fixed-response' }>): ElbAnswer {
  const { statusCode, contentType, messageBody } = action
  return { statusCode, headerLines: `Content-Type: ${contentType}\r\n`, body: messageBody }
}

/** What decides, besides the answer itself, on the bytes of it. */
export type AnsweredRequest = {
  /** The connection is closed behind the answer. */
  readonly closes: boolean
  readonly isHead: boolean
  readonly isHttp10: boolean
  readonly handling: RequestHandling
}

/** The whole answer, ready to be sent. Attributes of the listener that set headers hold for it, too. */
export function bytesOfAnswer(answer: ElbAnswer, { closes, isHead, isHttp10, handling }: AnsweredRequest): Buffer {
  const { statusCode, headerLines, body } = answer
  // An answer that has no body by its status has no length either.
  const hasBody = statusCode !== 204 && statusCode !== 304
  const head = [
    `HTTP/1.1 ${statusCode} ${phrases[statusCode] ?? ''}\r\n`,
    handling.showsServer ? 'Server: awselb/2.0\r\n' : '',
    `Date: ${httpDate()}\r\n`,
    headerLines,
    ...handling.answerHeaders.map(([name, value]) => `${name}: ${value}\r\n`),
    hasBody ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : '',
    closes ? 'Connection: close\r\n' : isHttp10 ? 'Connection: keep-alive\r\n' : '',
    '\r\n',
  ]
  // Headers are Latin-1; only the body has what it was given in UTF-8.
  return Buffer.concat([Buffer.from(head.join(''), 'latin1'), Buffer.from(hasBody && !isHead ? body : '', 'utf8')])
}

/** To who speaks HTTP without TLS where TLS is spoken: the one answer that goes to the client as it is. */
export function plainRequestAnswer(): Buffer {
  const reason = 'The plain HTTP request was sent to HTTPS port'
  const body = page(400, `400 ${reason}`, reason)
  const answer = { statusCode: 400, headerLines: 'Content-Type: text/html\r\n', body }
  return bytesOfAnswer(answer, { closes: true, isHead: false, isHttp10: false, handling: defaultHandling })
}

let dated = { second: -1, text: '' }

function httpDate(): string {
  const second = Math.floor(Date.now() / 1000)
  if (second !== dated.second) dated = { second, text: new Date(second * 1000).toUTCString() }
  return dated.text
}

function page(statusCode: number, longTitle?: string, explanation?: string): string {
  const title = `${statusCode} ${phrases[statusCode] ?? ''}`.trim()
  const lines = [
    '<html>',
    `<head><title>${longTitle ?? title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    ...(explanation === undefined ? [] : [`<center>${explanation}</center>`]),
    '</body>',
    '</html>',
    '',
  ]
  return lines.join('\r\n')
}
