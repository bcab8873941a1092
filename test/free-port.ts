import { freePorts } from '../demo/free-ports.ts'

/** A port on 127.0.0.1 that is free now, below the range the system hands out by itself, so nothing takes it by chance. */
export async function freePort(): Promise<number> {
  const [port] = await freePorts(1)
  if (port === undefined) throw new Error('There is no free port between 20000 and 32000 on this machine')
  return port
}
