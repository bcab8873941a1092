import type { Socket } from 'node:net'
import type { ListenerTls } from '../domain/routing-table.ts'
import type { ClientSide, Wire, WireEvents } from './wire.ts'

/**
 * Makes a client's connection of a wire: a TLS connection, or one stream of an HTTP/2 connection, is served like any
 * other. What is returned is told everything that happens on the wire, from then on; bytes that are there already are to
 * be told after the call has returned. A wire of HTTP/2 carries one request and is ended by the router behind the answer.
 */
type AcceptClient = (wire: Wire, side: ClientSide) => WireEvents

/** What the port of an HTTPS listener gives to the one who does its TLS. */
export type SecuredDoor = {
  readonly tls: ListenerTls
  readonly acceptClient: AcceptClient
  /** Now in force, for HTTP/2 connections as a whole: their streams have the router's own. Absent: AWS's defaults. */
  readonly limits?: () => { readonly idleMilliseconds: number; readonly keepAliveMilliseconds: number }
  /** A connection on which no TLS session came to be. */
  readonly onNegotiationError: () => void
}

/** Does the TLS of one listener. */
export interface Securing {
  /** Takes over a TCP connection that was just accepted, nothing of it read yet. The door destroys it in the end. */
  accept(socket: Socket): void
  /** Certificates, policy or protocols, for connections that begin from now on; for all of them, the door's limits. */
  follow(tls: ListenerTls): void
  /**
   * No more requests are wanted: HTTP/2 connections are told so (GOAWAY), and running streams may end. Resolves when all
   * connections are closed, everything that was written having reached its client, or the client being gone.
   */
  close(): Promise<void>
}

export interface Secure {
  /** Throws where `problemOf` would have told why. */
  (door: SecuredDoor): Securing
  /** Why TLS cannot be done like this, for people; undefined where it can. What was found is kept for `follow`. */
  problemOf(tls: ListenerTls): string | undefined
}
