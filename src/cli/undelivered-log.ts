import type { AccessLogPlace, LogAccess } from './log-access.ts'
import { signedUrl } from './signed-url.ts'

/** As Teal's endpoint answers it. */
export type UndeliveredLog = {
  readonly parts: readonly { readonly key: string; readonly lines: readonly string[] }[]
  readonly next: string
  readonly hasMore: boolean
}

const patienceMilliseconds = 10_000

/**
 * What is in an access log and not in its bucket yet, from where `cursor` says. Undefined where the endpoint has nothing
 * of that kind: AWS is not even asked. Rejects where nothing answers.
 */
export async function readUndelivered(
  access: Pick<LogAccess, 'endpoint' | 'options'>,
  { loadBalancer: { name, id } }: AccessLogPlace,
  cursor: string,
): Promise<UndeliveredLog | undefined> {
  const endpoint = access.endpoint()
  if (/\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)) return undefined
  const place = `${endpoint}/access-logs/app/${name}/${id}${cursor === '' ? '' : `/${cursor}`}.json`
  const answer = await fetch(await signedUrl(place, access.options), {
    signal: AbortSignal.timeout(patienceMilliseconds),
  })
  const isLog = answer.ok && answer.headers.get('content-type') === 'application/json'
  if (isLog) return (await answer.json()) as UndeliveredLog
  await answer.body?.cancel()
  return undefined
}
