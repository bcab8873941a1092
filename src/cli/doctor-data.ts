import { createServer } from 'node:net'
import { lookAtDataDirectory } from '../adapters/data-directory-look.ts'
import type { DataDirectoryLook } from '../adapters/data-directory-look.ts'
import type { Check } from './doctor.ts'

export type DataOptions = {
  readonly port: number
  readonly data: string
  readonly host: string
  readonly listenHost: string
}

/** The data directory, what runs on it, and the ports it needs. */
export async function checkData(options: DataOptions): Promise<readonly Check[]> {
  const look = await lookAtDataDirectory(options.data)
  return [
    checkDirectory(look),
    checkDisk(look),
    ...checkClock(look),
    ...(isLookedInto(look) ? checkRemains(look, options.data) : []),
    await checkEndpoint(look, options),
    ...(await checkListeners(look, options)),
  ]
}

function isLookedInto({ problem, isReadOnly }: DataDirectoryLook): boolean {
  return problem === undefined || isReadOnly
}

function checkDirectory({ path, isThere, problem, isReadOnly, stateProblem }: DataDirectoryLook): Check {
  const name = 'data directory'
  if (problem !== undefined) {
    return {
      name,
      status: 'problem',
      what: `${problem}.`,
      how: isReadOnly
        ? 'Check its disk, and make it writable again (mount -o remount,rw), or choose another one with --data.'
        : 'Give this user the right to, or choose another one with --data.',
    }
  }
  if (stateProblem !== undefined) return { name, status: 'problem', what: stateProblem }
  return {
    name,
    status: 'ok',
    what: isThere ? `${path} can be used.` : `${path} is not there yet; \`teal serve\` makes it.`,
  }
}

const [littleBytes, noBytes] = [1_000_000_000, 100_000_000]

function checkDisk({ path, freeBytes }: DataDirectoryLook): Check {
  const free = freeBytes >= 10_000_000_000 ? `${Math.floor(freeBytes / 1e9)} GB` : `${Math.floor(freeBytes / 1e6)} MB`
  const how = 'Free some, or choose a directory on another disk with --data: nothing can be deployed on a full one.'
  if (freeBytes >= littleBytes) return { name: 'disk', status: 'ok', what: `${free} are free.` }
  return {
    name: 'disk',
    status: freeBytes < noBytes ? 'problem' : 'warning',
    what: `${free} are free on the disk of ${path}.`,
    how,
  }
}

const toleranceMilliseconds = 60_000

/** Waits count from the times that are kept: a clock that was set back makes them longer. */
function checkClock({ changedAt }: DataDirectoryLook): readonly Check[] {
  const ahead = changedAt - Date.now()
  if (ahead < toleranceMilliseconds) return [{ name: 'clock', status: 'ok', what: new Date().toISOString() }]
  return [
    {
      name: 'clock',
      status: 'problem',
      what: `The clock says ${new Date().toISOString()}, but the data directory was changed at ${new Date(changedAt).toISOString()}.`,
      how: 'Set the clock right: running waits would last until it has caught up. AWS refuses requests of clocks that are five minutes off.',
    },
  ]
}

/** What runs without an engine, and what does not run that should. */
function checkRemains(look: DataDirectoryLook, data: string): readonly Check[] {
  const { isEngineRunning, isRouterRunning, router, note, tasks } = look
  const again = `\`teal serve --data ${data}\` takes over what runs; \`teal down --data ${data}\` ends it.`
  if (isRouterRunning && router === undefined) {
    return [
      {
        name: 'load balancer',
        status: 'problem',
        what: 'Its process holds the lock of the data directory and does not answer.',
        how: `End it: teal down --data ${data}. If that does not help, end the process that \`fuser ${look.path}/router.lock\` names.`,
      },
    ]
  }
  const running = [
    ...(isRouterRunning ? ['the load balancer'] : []),
    ...(tasks > 0 ? [tasks === 1 ? '1 task' : `${tasks} tasks`] : []),
  ]
  if (isEngineRunning) {
    const who = note === undefined ? '' : ` (process ${note.pid})`
    if (router !== undefined)
      return [{ name: 'engine', status: 'ok', what: `It runs${who}, with ${running.join(' and ')}.` }]
    return [
      {
        name: 'load balancer',
        status: 'warning',
        what: `The engine runs${who}, but no load balancer.`,
        how: 'The engine starts it again within seconds; its log is router.log in the data directory.',
      },
    ]
  }
  const killed = note === undefined ? '' : ` The engine (process ${note.pid}) was killed.`
  if (running.length > 0) {
    return [
      {
        name: 'engine',
        status: 'warning',
        what: `${capitalized(running.join(' and '))} ${running.length > 1 || tasks > 1 ? 'run' : 'runs'} without an engine.${killed}`,
        how: again,
      },
    ]
  }
  return [{ name: 'engine', status: 'ok', what: `None runs on this data directory.${killed}` }]
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

async function checkEndpoint(look: DataDirectoryLook, { port, host }: DataOptions): Promise<Check> {
  const { note, isEngineRunning } = look
  const name = 'endpoint'
  if (isEngineRunning && note?.url !== undefined) return await checkAnswer(note.url)
  const problem = await bindProblem(port, host)
  if (problem === undefined) return { name, status: 'ok', what: `Port ${port} is free.` }
  const isTeal = await answersAsTeal(`http://${host}:${port}`)
  const whose = isLookedInto(look) ? ' of another data directory' : ''
  const who = isTeal ? ` by a Teal${whose}` : ''
  return {
    name,
    status: 'problem',
    what:
      problem === 'EADDRINUSE'
        ? `Port ${port} is taken${who}.`
        : `Port ${port} of ${host} cannot be used (${problem}).`,
    how: `Use another one, teal serve --port 4567, or see who has it: ss -ltnp 'sport = :${port}'`,
  }
}

async function checkAnswer(url: string): Promise<Check> {
  if (await answers(url)) return { name: 'endpoint', status: 'ok', what: `The engine answers at ${url}.` }
  return {
    name: 'endpoint',
    status: 'problem',
    what: `The engine runs, but does not answer at ${url}.`,
    how: 'It may be starting, or hang: look again, or end its process and run `teal serve` again; nothing is lost by that.',
  }
}

const patienceMilliseconds = 5_000

async function answers(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMilliseconds) })
    await answer.body?.cancel()
    return answer.status < 500
  } catch {
    return false
  }
}

async function answersAsTeal(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/teal.json`, { signal: AbortSignal.timeout(patienceMilliseconds) })
    return answer.ok && 'minuteMilliseconds' in ((await answer.json()) as object)
  } catch {
    return false
  }
}

/** Those of a running load balancer are its own; those of one that does not run must be free when it starts again. */
async function checkListeners(look: DataDirectoryLook, { listenHost }: DataOptions): Promise<readonly Check[]> {
  const { router, listenerPorts, isRouterRunning } = look
  const name = 'listeners'
  if (router !== undefined) {
    const refused = router.refusedListeners
    if (refused.length === 0)
      return listenerPorts.length === 0 ? [] : [{ name, status: 'ok', what: `Bound: ${listed(listenerPorts)}.` }]
    return refused.map(({ port, message }) => ({
      name,
      status: 'problem',
      what: `Port ${port} could not be bound: ${message.replace(/\.$/, '')}.`,
      how: `End what has the port (ss -ltnp 'sport = :${port}'), or give the listener another one: aws elbv2 modify-listener --port N`,
    }))
  }
  if (isRouterRunning || listenerPorts.length === 0) return []
  const looked = await Promise.all(
    listenerPorts.map(async (port) => ({ port, problem: await bindProblem(port, listenHost) })),
  )
  const taken = looked.filter(({ problem }) => problem !== undefined).map(({ port }) => port)
  if (taken.length === 0) return [{ name, status: 'ok', what: `Free: ${listed(listenerPorts)}.` }]
  return [
    {
      name,
      status: 'problem',
      what: `Ports that listeners of this data directory need are taken: ${listed(taken)}.`,
      how: `End what has them before \`teal serve\`: ss -ltnp 'sport = :${taken[0]}'`,
    },
  ]
}

function listed(ports: readonly number[]): string {
  const shown = ports.slice(0, 10).join(', ')
  return ports.length > 10 ? `${shown} and ${ports.length - 10} more` : shown
}

/** The code of the error with which the port cannot be bound. */
function bindProblem(port: number, host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
