import { createHash } from 'node:crypto'
import type { DockerApi } from './docker-api.ts'
import { pauseProgram } from './pause-program.ts'
import { tarArchive } from './tar-archive.ts'

/**
 * Makes sure that Docker has the image of the container which holds a task's network, and answers its name. It is made
 * here, since no registry may be reachable: one file, `/pause`. The name tells its content.
 */
export async function ensurePauseImage(api: DockerApi): Promise<string> {
  const { Arch } = await api.version()
  const program = pauseProgram(Arch)
  if (program === undefined) throw new Error(`There is no pause program for ${Arch}, only for amd64 and arm64.`)
  const tag = createHash('sha256').update(program).digest('hex').slice(0, 12)
  const name = `teal-pause:${tag}`
  if ((await api.find(`/images/${name}/json`)) !== undefined) return name
  await api.call('POST', '/images/create', {
    query: { fromSrc: '-', repo: 'teal-pause', tag, changes: 'ENTRYPOINT ["/pause"]' },
    body: tarArchive([{ path: 'pause', content: program, mode: 0o755 }]),
  })
  return name
}
