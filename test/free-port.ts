import { once } from 'node:events'
import { createServer } from 'node:net'

/** A port on 127.0.0.1 that is free now, below the range the system hands out by itself, so nothing takes it by chance. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if (await canBind(port)) return port
  }
  throw new Error('No free port was found between 20000 and 32000 in 100 attempts')
}

async function canBind(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
