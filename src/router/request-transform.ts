import { Rewrite } from '../domain/rewrite.ts'
import type { RuleTransform } from '../domain/routing-table.ts'
import { authorityEnd } from './authority.ts'
import { ascii } from './bytes.ts'
import { complete, RequestScan, scanRequest } from './request-scan.ts'
import type { RuleRequest } from './rule-request.ts'

/**
 * What came of a rule's transforms, in the words of the access log's fields 31 to 33; undefined each where nothing of it
 * was rewritten. The names of the failures are those of AWS's guide; which one AWS has for which request is not known.
 */
export type TransformOutcome = {
  readonly host: string | undefined
  readonly uri: string | undefined
  readonly status: 'TransformSuccess' | 'TransformInvalidHost' | 'TransformInvalidPath' | 'TransformReplaceError'
}

/** The head of a request as it goes on. */
export type TransformedRequest = { readonly bytes: Buffer; readonly scan: RequestScan }

/** One is enough: the head towards the target is written before the next request is looked at. */
const scan = new RequestScan()

/**
 * What a rule rewrites of the requests that it forwards. The rewritten head is read again like one that came so: what no
 * client may send, no transform may make. Rules are not looked at again, and the listener's own treatment of `Host`, such
 * as the port that it adds, comes after it.
 */
export class RequestTransform {
  readonly #host: Rewrite | undefined
  readonly #uri: Rewrite | undefined

  /** @throws RegularExpressionProblem; the engine lets no such rule pass. */
  constructor(transforms: readonly RuleTransform[]) {
    const rewrite = (type: RuleTransform['type'], ignoresCase: boolean): Rewrite | undefined => {
      const transform = transforms.find((each) => each.type === type)
      return transform === undefined ? undefined : new Rewrite(transform, { ignoresCase })
    }
    // As with conditions: case counts in paths, and not in hosts.
    this.#host = rewrite('host-header-rewrite', true)
    this.#uri = rewrite('url-rewrite', false)
  }

  /** What becomes of the request, and how; without `request` it fails. Undefined where nothing matches. */
  of(
    bytes: Buffer,
    asked: RequestScan,
    request: RuleRequest,
  ): { readonly outcome: TransformOutcome; readonly request?: TransformedRequest } | undefined {
    const before = placeOf(bytes, asked, request)
    const host = this.#host?.of(before.host)
    const uri = before.uri.startsWith('/') ? this.#uri?.of(before.uri) : undefined
    if (host === undefined && uri === undefined) return undefined
    if (host === null || uri === null) {
      return { outcome: { host: undefined, uri: undefined, status: 'TransformReplaceError' } }
    }
    const outcome = { host, uri }
    const place = { host: withPort(host ?? before.host, before.port), uri: uri ?? before.uri }
    if (host !== undefined && !isHost(place.host)) return { outcome: { ...outcome, status: 'TransformInvalidHost' } }
    const head = headWith(bytes, asked, place)
    const isPath = uri === undefined || uri.startsWith('/')
    if (!isPath || scanRequest(head, 0, head.length, scan) !== complete) {
      return { outcome: { ...outcome, status: 'TransformInvalidPath' } }
    }
    return { outcome: { ...outcome, status: 'TransformSuccess' }, request: { bytes: head, scan } }
  }
}

type Place = { readonly host: string; readonly uri: string }

/** Where the request is for; the port with its colon, empty where there is none. */
function placeOf(bytes: Buffer, asked: RequestScan, request: RuleRequest): Place & { readonly port: string } {
  const { host, path, query } = request.texts()
  const whole = hostOf(bytes, asked)
  const hasQuery = bytes.subarray(asked.uriStart, asked.uriEnd).includes(questionMark)
  return { host, port: whole.slice(host.length), uri: hasQuery ? `${path}?${query}` : path }
}

const questionMark = 0x3f

/** The port that the client has named stays, unless the new host brings one. */
function withPort(host: string, port: string): string {
  return /:\d+$/.test(host) ? host : host + port
}

function isHost(text: string): boolean {
  const bytes = ascii(text)
  return bytes.length > 0 && authorityEnd(bytes, 0, bytes.length) === bytes.length
}

function hostOf(bytes: Buffer, asked: RequestScan): string {
  const { host, headers } = asked
  if (asked.authorityStart >= 0) return bytes.toString('latin1', asked.authorityStart, asked.authorityEnd)
  return host < 0 ? '' : bytes.toString('latin1', headers[4 * host + 2], headers[4 * host + 3])
}

/** The head with another request line and another `Host`, which is the first of the headers; the others are as they were. */
function headWith(bytes: Buffer, asked: RequestScan, { host, uri }: Place): Buffer {
  const { headers, headerCount } = asked
  const first = headerCount === 0 ? asked.end - 2 : (headers[0] ?? 0)
  const line = `${bytes.toString('latin1', asked.methodStart, asked.methodEnd)} ${uri} HTTP/1.${asked.minorVersion}\r\n`
  // A request of HTTP/1.0 may have none; the router's own address stands in for it then.
  const start = ascii(host === '' ? line : `${line}Host: ${host}\r\n`)
  if (asked.host < 0) return Buffer.concat([start, bytes.subarray(first, asked.end)])
  const hostStart = headers[4 * asked.host] ?? 0
  const hostEnd = asked.host + 1 === headerCount ? asked.end - 2 : (headers[4 * (asked.host + 1)] ?? 0)
  return Buffer.concat([start, bytes.subarray(first, hostStart), bytes.subarray(hostEnd, asked.end)])
}
