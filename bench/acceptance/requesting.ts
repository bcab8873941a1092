import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { runAcceptance, type ListedUrl } from '../../src/acceptance/index.ts'

export type Requesting = {
  readonly urls: number
  readonly answerMilliseconds: number
  readonly inFlight: number
  readonly milliseconds: number
  /** So many were requested one after the other, each on a connection of its own. */
  readonly sequentialUrls: number
  readonly sequentialMilliseconds: number
  /** How many times as long it would take one after the other. */
  readonly ratio: number
}

const site = fileURLToPath(new URL('site-process.ts', import.meta.url))

/** Requests a list as the hook does, and a part of one as a plain loop does, from a server that takes its time. */
export async function measureRequesting(of: {
  readonly urls: number
  readonly sequentialUrls: number
  readonly answerMilliseconds: number
}): Promise<Requesting> {
  const { urls, sequentialUrls, answerMilliseconds } = of
  const child = fork(site, [String(answerMilliseconds)])
  try {
    const [port] = (await once(child, 'message')) as [number]
    const url = `http://127.0.0.1:${port}`
    const list = Array.from({ length: urls }, (_, at): ListedUrl => ({ path: `/item/${at}` }))
    const inFlight = 50
    const result = await runAcceptance(list, { url, thresholdPercent: 100, inFlight })
    if (!result.isPassed) throw new Error(result.sentence)
    const begun = performance.now()
    for (const { path } of list.slice(0, sequentialUrls)) await requested(`${url}${path}`)
    const sequentialMilliseconds = performance.now() - begun
    const ratio = sequentialMilliseconds / sequentialUrls / (result.milliseconds / urls)
    return { ...of, inFlight, milliseconds: result.milliseconds, sequentialMilliseconds, ratio }
  } finally {
    child.disconnect()
  }
}

async function requested(url: string): Promise<void> {
  const answer = await fetch(url, { headers: { connection: 'close' } })
  await answer.text()
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`)
}
