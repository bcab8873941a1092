import type { ClientConnection } from './client-connection.ts'
import type { Core } from './core.ts'
import type { LiveListener } from './live-table.ts'

/** What a client's connection needs of the listener it came by. */
export interface ClientDoor {
  readonly core: Core
  /** By the table in force. Read once for each request. */
  readonly listener: LiveListener
  /** Requests that still come are answered, and are the last ones on their connections. */
  readonly isClosing: boolean
  onOpen(client: ClientConnection): void
  /** No request is on the connection. */
  onIdle(client: ClientConnection): void
  onClosed(client: ClientConnection): void
}
