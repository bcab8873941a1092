import { clientConfiguration, type AwsOptions } from './aws-access.ts'
import { signedUrl } from './signed-url.ts'

/** What only the endpoint itself can say. AWS does not say it, and nor does anybody else's endpoint. */
export type AboutEndpoint = {
  /** It is Teal: metrics come as they are counted, and calls cost nothing. */
  readonly isTeal: boolean
  /** What a configured minute lasts. */
  readonly minuteMilliseconds: number
}

const aws: AboutEndpoint = { isTeal: false, minuteMilliseconds: 60_000 }
const patienceMilliseconds = 5_000

/** AWS itself is not asked. */
export async function aboutEndpoint(options: AwsOptions): Promise<AboutEndpoint> {
  const { endpoint } = clientConfiguration(options)
  if (endpoint === undefined || /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)) return aws
  try {
    const url = await signedUrl(`${endpoint.replace(/\/$/, '')}/teal.json`, options)
    const answer = await fetch(url, { signal: AbortSignal.timeout(patienceMilliseconds) })
    if (!answer.ok) return aws
    const { minuteMilliseconds } = (await answer.json()) as { readonly minuteMilliseconds?: unknown }
    return typeof minuteMilliseconds === 'number' ? { isTeal: true, minuteMilliseconds } : aws
  } catch {
    return aws
  }
}
