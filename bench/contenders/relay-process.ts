import { createServer } from 'node:net'
import { passOn } from '../../src/router/pass-on.ts'
import { chooseTransport } from '../../src/router/transport.ts'
import type { Wire, WireEvents } from '../../src/router/wire.ts'

type RelayPlan = { readonly port: number; readonly targets: readonly number[] }

const [plans = '[]'] = process.argv.slice(2)
const transport = await chooseTransport(undefined)
for (const plan of JSON.parse(plans) as readonly RelayPlan[]) serve(plan)

/** Each client's connection has one target's for its own. */
function serve({ port, targets }: RelayPlan): void {
  let turn = 0
  const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    const client = transport.adopt(socket)
    const target = targets[turn++ % targets.length] ?? 0
    const upstream: Wire = transport.connect(
      { id: '127.0.0.1', port: target },
      {
        onBytes: (bytes, start, end) => void passOn(upstream, toClient, bytes, start, end),
        onDrain: () => undefined,
        onEnd: () => client.end(),
        onClose: () => client.destroy(),
      },
      () => client.start(events),
    )
    const toClient = { wire: client, sentBytes: 0, writesLater: false }
    const toTarget = { ...toClient, wire: upstream }
    const events: WireEvents = {
      onBytes: (bytes, start, end) => void passOn(client, toTarget, bytes, start, end),
      onDrain: () => undefined,
      onEnd: () => upstream.end(),
      onClose: () => upstream.destroy(),
    }
  })
  server.listen({ port, host: '127.0.0.1', backlog: 4096 })
}
