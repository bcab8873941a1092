import type { ClientSide } from '../../src/router/wire.ts'

/** Who sends the requests whose heads are written in tests. */
export const client: ClientSide = {
  address: '192.0.2.9',
  port: 4711,
  localAddress: '127.0.0.1',
  localPort: 8080,
  connectionTraceId: `TID_${'0'.repeat(32)}`,
  isHttp2: false,
}
