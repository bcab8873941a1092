import type { RequestHandling } from '../domain/routing-table.ts'
import { bracketed } from './authority.ts'
import { ascii } from './bytes.ts'
import { HeaderKind, headerKinds } from './header-kind.ts'
import type { TraceIds } from './trace-ids.ts'
import type { ClientSide } from './wire.ts'

/** Where things lie in the head that was written last, for rules, retries and access logs. -1 where there is none. */
export class TargetHeadPlaces {
  /** The method begins at 0. */
  methodEnd = 0
  uriStart = 0
  uriEnd = 0
  /** The value of `Host`, as the target gets it. */
  hostStart = 0
  hostEnd = 0
  userAgentStart = -1
  userAgentEnd = -1
  /** The value of `X-Amzn-Trace-Id`, as the target gets it. */
  traceIdStart = 0
  traceIdEnd = 0
}

/** What the heads of all requests of a client at one address have in common, ready to be copied. See `TargetHeadContexts`. */
export class TargetHeadContext {
  readonly handling: RequestHandling
  readonly traceIds: TraceIds
  /** Filled anew with each head. One may serve a whole router. */
  readonly places: TargetHeadPlaces
  /** `192.0.2.9`, `2001:db8::1`; with the port `192.0.2.9:4711`, `[2001:db8::1]:4711`. */
  readonly address: Buffer
  /** The lines of `X-Forwarded-Proto`, `X-Forwarded-Port` and of TLS, up to the value of `X-Amzn-Trace-Id`. */
  readonly connectionLines: Buffer
  /** The same with `X-Forwarded-For` in front, for a request that has none. */
  readonly allLines: Buffer
  /** Where the client reached the router; stands in for a missing `Host`. */
  readonly ownHost: Buffer
  /** Listeners on 80 and 443 take the port out of `Host`; every other one adds its own where it is missing. */
  readonly removesPort: boolean
  /** `:8080`. */
  readonly portSuffix: Buffer
  /** By `HeaderKind`: 1 for headers that go to the target as they came. */
  readonly kept: Uint8Array

  constructor(
    client: ClientSide,
    listenerPort: number,
    handling: RequestHandling,
    traceIds: TraceIds,
    places: TargetHeadPlaces,
  ) {
    this.handling = handling
    this.traceIds = traceIds
    this.places = places
    const address = addressOf(client, handling.forwardsClientPort)
    this.address = ascii(address)
    const lines = connectionLines(client, listenerPort, handling)
    this.connectionLines = ascii(lines)
    this.allLines =
      handling.forwardedFor === 'append' ? ascii(`X-Forwarded-For: ${address}\r\n${lines}`) : this.connectionLines
    this.ownHost = ascii(`${bracketed(client.localAddress)}:${client.localPort}`)
    this.removesPort = listenerPort === 80 || listenerPort === 443
    this.portSuffix = ascii(`:${listenerPort}`)
    this.kept = keptKinds(handling)
  }
}

/** So many are kept for each way to handle requests. */
const mostKept = 1024

/**
 * The contexts of all clients. Connections of one kind from one address have the same: behind a proxy, or with clients that
 * come back, most of what a connection would have for itself is there already, and is in the processor's caches.
 */
export class TargetHeadContexts {
  readonly #traceIds: TraceIds
  readonly #places: TargetHeadPlaces
  /** A handling is the same object for all connections of a listener, and another one where a new table changes it. */
  readonly #kept = new WeakMap<RequestHandling, Map<string, TargetHeadContext>>()

  constructor(traceIds: TraceIds, places: TargetHeadPlaces) {
    this.#traceIds = traceIds
    this.#places = places
  }

  /** To be asked once for each connection, and again where its listener handles requests differently. */
  of(client: ClientSide, listenerPort: number, handling: RequestHandling): TargetHeadContext {
    // Its port tells a connection from all others.
    if (handling.forwardsClientPort) return this.#make(client, listenerPort, handling)
    const kept = this.#keptFor(handling)
    const key = keyOf(client, listenerPort, handling)
    const known = kept.get(key)
    if (known !== undefined) return known
    if (kept.size >= mostKept) kept.clear()
    const context = this.#make(client, listenerPort, handling)
    kept.set(key, context)
    return context
  }

  #make(client: ClientSide, listenerPort: number, handling: RequestHandling): TargetHeadContext {
    return new TargetHeadContext(client, listenerPort, handling, this.#traceIds, this.#places)
  }

  #keptFor(handling: RequestHandling): Map<string, TargetHeadContext> {
    const known = this.#kept.get(handling)
    if (known !== undefined) return known
    const kept = new Map<string, TargetHeadContext>()
    this.#kept.set(handling, kept)
    return kept
  }
}

/** Everything that a context is made from. */
function keyOf(client: ClientSide, listenerPort: number, handling: RequestHandling): string {
  const { address, localAddress, localPort, tls } = client
  return [address, listenerPort, localAddress, localPort, tls === undefined, tlsLines(client, handling)].join(' ')
}

function connectionLines(client: ClientSide, listenerPort: number, handling: RequestHandling): string {
  const lines = [
    `X-Forwarded-Proto: ${client.tls === undefined ? 'http' : 'https'}\r\n`,
    `X-Forwarded-Port: ${listenerPort}\r\n`,
    tlsLines(client, handling),
  ]
  return `${lines.join('')}X-Amzn-Trace-Id: `
}

function tlsLines({ tls }: ClientSide, { forwardsTlsVersionAndCipher }: RequestHandling): string {
  if (!forwardsTlsVersionAndCipher || tls === undefined) return ''
  return `X-Amzn-Tls-Version: ${tls.protocol}\r\nX-Amzn-Tls-Cipher-Suite: ${tls.cipher}\r\n`
}

function addressOf(client: ClientSide, withPort: boolean): string {
  // Sockets that listen on both families show IPv4 peers in IPv6 clothes.
  const address = client.address.replace(/^::ffff:(?=\d+\.)/i, '')
  return withPort ? `${bracketed(address)}:${client.port}` : address
}

/** A handling is the same object for all connections of a listener, and so is this. */
const keptByHandling = new WeakMap<RequestHandling, Uint8Array>()

function keptKinds(handling: RequestHandling): Uint8Array {
  const known = keptByHandling.get(handling)
  if (known !== undefined) return known
  const kept = Uint8Array.from({ length: headerKinds }, (_, kind) => (isKept(kind, handling) ? 1 : 0))
  keptByHandling.set(handling, kept)
  return kept
}

function isKept(kind: number, handling: RequestHandling): boolean {
  if (kind === HeaderKind.invalid) return !handling.dropInvalidHeaderFields
  if (kind === HeaderKind.forwardedFor) return handling.forwardedFor === 'preserve'
  return kind <= HeaderKind.lastKept
}
