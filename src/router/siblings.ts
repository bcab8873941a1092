import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'

const answerMilliseconds = 2_000

/** The ports which a router beside this one has open; none where it does not answer. */
export async function callSibling(socketPath: string): Promise<readonly number[]> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const call = httpRequest({ socketPath, path: '/ports', agent: false })
  call.setTimeout(answerMilliseconds, () => call.destroy())
  call.on('response', (answer) => void text(answer).then(resolve, () => resolve('[]')))
  call.on('error', () => resolve('[]'))
  call.end()
  try {
    return JSON.parse(await promise) as readonly number[]
  } catch {
    return []
  }
}
