import { createServer } from 'node:net'

/** Rejects with an Error that says so where nothing could ever be bound: it is no address of this machine. */
export function requireOwnAddress(host: string): Promise<void> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
        reject(new Error(`${host} is not an address of this machine.`))
      else resolve()
    })
    server.listen(0, host, () => server.close(() => resolve()))
  })
}

/** Only this machine reaches it. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}
