import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port's number, kept from everybody else who asks for a claim before using a port. Ends with its process at the latest. */
export type PortClaim = { readonly release: () => void }

/**
 * Between finding that nobody listens on a port and the listening of the program it is meant for lie seconds, in which
 * another engine of this machine would find the same. So who draws a port by chance claims its number first: a name in
 * Linux's abstract namespace, which is free again when its process is gone. The names are those of one network namespace,
 * as the ports are. Undefined where another has it; elsewhere than on Linux there are no such names, and nobody is kept out.
 */
export async function claimPort(port: number): Promise<PortClaim | undefined> {
  if (process.platform !== 'linux') return { release: () => undefined }
  const server = createServer((socket) => socket.destroy())
  try {
    server.listen({ path: `\0teal-port-${port}` })
    await once(server, 'listening')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined
    throw error
  }
  server.unref()
  return { release: () => void server.close() }
}
