import type { ServerResponse } from 'node:http'
import type { RouteAction } from '../domain/routing-table.ts'

/** An answer the load balancer gives by itself. */
export type ElbAnswer = {
  readonly statusCode: number
  readonly headers: readonly string[]
  readonly body: string
  /** Where what follows on the connection could not be told from a next request. */
  readonly closes: boolean
}

const phrases: Readonly<Record<number, string>> = {
  301: 'Moved Permanently',
  302: 'Found',
  400: 'Bad Request',
  405: 'Not Allowed',
  408: 'Request Time-out',
  414: 'Request-URI Too Large',
  463: 'Too Many Forwarded Addresses',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
  505: 'HTTP Version Not Supported',
}

export function errorAnswer(statusCode: number): ElbAnswer {
  return { statusCode, headers: ['Content-Type', 'text/html'], body: page(statusCode), closes: closing.has(statusCode) }
}

/** The client did not send its body in time; or sent one in a coding whose end cannot be known. */
const closing = new Set([408, 501])

export function redirectAnswer(statusCode: 301 | 302, location: string): ElbAnswer {
  const headers = ['Content-Type', 'text/html', 'Location', location]
  return { statusCode, headers, body: page(statusCode), closes: false }
}

export function fixedAnswer(action: Extract<RouteAction, { type: 'fixed-response' }>): ElbAnswer {
  const { statusCode, contentType, messageBody } = action
  return { statusCode, headers: ['Content-Type', contentType], body: messageBody, closes: false }
}

export function writeAnswer(response: ServerResponse, answer: ElbAnswer): void {
  const { statusCode, body, closes } = answer
  const headers = ['Server', 'awselb/2.0', ...answer.headers]
  // An answer that has no body by its status has no length either.
  if (statusCode !== 204 && statusCode !== 304) headers.push('Content-Length', String(Buffer.byteLength(body)))
  if (closes) headers.push('Connection', 'close')
  const phrase = phrases[statusCode]
  if (phrase === undefined) response.writeHead(statusCode, headers)
  else response.writeHead(statusCode, phrase, headers)
  response.end(body)
}

/** The same for a connection on which no request could be read, byte by byte. */
export function rawErrorAnswer(statusCode: number): string {
  const body = page(statusCode)
  return [
    `HTTP/1.1 ${statusCode} ${phrases[statusCode] ?? ''}`,
    'Server: awselb/2.0',
    `Date: ${new Date().toUTCString()}`,
    'Content-Type: text/html',
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}

function page(statusCode: number): string {
  const title = `${statusCode} ${phrases[statusCode] ?? ''}`.trim()
  const lines = [
    '<html>',
    `<head><title>${title}</title></head>`,
    '<body>',
    `<center><h1>${title}</h1></center>`,
    '</body>',
    '</html>',
    '',
  ]
  return lines.join('\r\n')
}
