import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { startSite } from './a-site.ts'

/** A server in CodeDeploy's place that loses its first answers, and refuses with this error later. */
export async function codeDeployThatLoses(
  t: TestContext,
  of: { readonly answers: number; readonly how?: 'drops' | 'hangs'; readonly later: string },
): Promise<{
  /** What it was told, in order. */
  readonly told: readonly unknown[]
  /** With these, AWS's SDKs call it. */
  readonly variables: Readonly<Record<string, string>>
}> {
  const told: unknown[] = []
  const { url } = await startSite(t, (request, response) => {
    void text(request).then((body) => {
      told.push(JSON.parse(body))
      if (told.length <= of.answers) return of.how === 'hangs' ? undefined : void request.socket.destroy()
      response.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' })
      return void response.end(JSON.stringify({ __type: of.later, message: 'As it was asked for.' }))
    })
  })
  const variables = {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: 'us-east-1',
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'teal',
    AWS_SECRET_ACCESS_KEY: 'teal',
  }
  return { told, variables }
}
