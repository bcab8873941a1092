import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { DockerApi } from '../../src/adapters/docker-api.ts'

export type DockerEngine = { readonly api: DockerApi; readonly server: Server; readonly socketPath: string }

/** A client of an engine that answers as the listener does: for what a real one does once in a long time only. */
export async function dockerEngine(
  t: TestContext,
  listener: RequestListener,
  { Version = '20.10.24', ApiVersion = '1.41' } = {},
): Promise<DockerEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'teal-docker-api-'))
  const socketPath = join(directory, 'docker.sock')
  const server = createServer((request, response) => {
    if (request.url === '/version') response.end(JSON.stringify({ Version, ApiVersion, Arch: 'amd64', Os: 'linux' }))
    else listener(request, response)
  })
  await once(server.listen(socketPath), 'listening')
  const api = new DockerApi(socketPath)
  t.after(() => {
    api.close()
    server.closeAllConnections()
    server.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return { api, server, socketPath }
}
