import { RouterClient } from '../../src/adapters/router-client.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { outOfJson, type InJson } from '../../src/domain/routing-table-json.ts'
import type { RoutingTable } from '../../src/domain/routing-table.ts'

/** Stands for an engine that can be killed: starts a router, gives it a table, and prints the router's process id. */
const [dataDirectory = '', routes = ''] = process.argv.slice(2)
const log = { info: () => undefined, warn: (message: string) => console.error(message) }
const client = new RouterClient({ dataDirectory, listenHost: '127.0.0.1', clock: new SystemClock(), log })
await client.start()
await client.apply(outOfJson<RoutingTable>(JSON.parse(routes) as InJson<RoutingTable>))
console.log(client.report()?.pid)
