import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port's number, kept from everybody else who asks for a claim before using a port. Ends with its process at the latest. */
export type PortClaim = { readonly release: () => void }

/** Undefined where another has the port's number, or somebody listens on it. */
export async function claimFreePort(port: number): Promise<PortClaim | undefined> {
  const claim = await claimPort(port)
  if (claim === undefined || (await isFree(port))) return claim
  claim.release()
  return undefined
}

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
    if (codeOf(error) === 'EADDRINUSE') return undefined
    throw new Error(`port ${port} could not be claimed: ${String(codeOf(error) ?? error)}`, { cause: error })
  }
  server.unref()
  return { release: () => void server.close() }
}

/** A program that listens on every address of the machine needs both loopback addresses. */
async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '::1'))
}

async function canListen(port: number, host: string): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ port, host, exclusive: true })
    await once(server, 'listening')
    const closed = once(server, 'close')
    server.close()
    await closed
    return true
  } catch (error) {
    // A machine without IPv6 has no ::1 to be in anybody's way.
    const code = codeOf(error)
    return host === '::1' && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || code === 'EINVAL')
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
