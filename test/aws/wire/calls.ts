import type { AwsService } from '../../../src/aws/handlers.ts'
import type { WireRequest } from '../../../src/aws/wire/protocol.ts'
import { answerCall } from '../../../src/aws/wire/request-path.ts'

export type Answered = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Carries requests to services without a network, keeping what was logged. */
export class Caller {
  readonly logged: string[] = []
  readonly #services: readonly AwsService[]

  constructor(services: readonly AwsService[]) {
    this.#services = services
  }

  /** `target` such as `CodeDeploy_20141006.GetDeployment`; `body` is sent as JSON unless it is text already. */
  json(target: string, body: unknown): Promise<Answered> {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return this.send({ 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' }, text)
  }

  query(form: string): Promise<Answered> {
    return this.send({ 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, form)
  }

  /** `line` is the request's first: `POST /`, `GET /bucket?acl`. */
  async send(headers: WireRequest['headers'], body: string | Uint8Array, line = 'POST /'): Promise<Answered> {
    const [method = '', url = ''] = line.split(' ')
    const [path = '', query = ''] = url.split('?')
    const request = { method, path, query: new URLSearchParams(query), headers, body: Buffer.from(body) }
    const log = { info: () => undefined, warn: (message: string) => void this.logged.push(message) }
    const surface = { services: this.#services, accountId: '000000000000', log }
    const answer = await answerCall(request, 'request-1', surface)
    return { status: answer.status, headers: answer.headers, body: Buffer.from(answer.body).toString() }
  }
}
