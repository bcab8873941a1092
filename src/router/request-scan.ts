/**
 * What a scan found in the head of a request: places in the buffer, no text. One such object is used for every request
 * of a connection, so that reading a request allocates nothing.
 */
export class RequestScan {
  /** Just behind the empty line that ends the head. */
  end = 0
  methodStart = 0
  methodEnd = 0
  /** Of the request target as it stands in the request line. */
  targetStart = 0
  targetEnd = 0
  /** Of HTTP/1.x. */
  minorVersion = 1
  /** -1 where there is none. */
  contentLength = -1
  isChunked = false
  /** `Connection` said `close`, or HTTP/1.0 did not say `keep-alive`. */
  closes = false
  /** A WebSocket handshake: GET, `Connection: upgrade`, `Upgrade: websocket` and no body. */
  isWebSocket = false
  expectsContinue = false
  /** How many there are; four numbers for each in `headers`. */
  headerCount = 0
  /** Start and end of the name, start and end of the value, without the white space around it. */
  readonly headers = new Int32Array(4 * mostHeaders)
  /** What each header is to the router, by its place: a `HeaderKind`. */
  readonly kinds = new Uint8Array(mostHeaders)
  /** Places in `headers` of those the router looks at itself; -1 where there is none. Of several, the first. */
  host = -1
  userAgent = -1
  cookie = -1
  traceId = -1
  forwardedFor = -1
}

export const mostHeaders = 256
