import type { Log } from '../engine/ports.ts'
import type { Relay } from '../engine/relay.ts'
import { credentialScope } from './wire/credential-scope.ts'
import { faultOf, writeUnaddressedFault } from './wire/fault.ts'
import { targetOf } from './wire/json-protocol.ts'
import type { WireAnswer, WireRequest } from './wire/protocol.ts'

/** A service of AWS whose calls are passed on, untouched, to a program that knows it; its answers and errors are theirs. */
export type RelayedService = {
  /** As AWS's guides write it. */
  readonly name: string
  /** The service in a request's credential scope. */
  readonly signingName: string
  /** Of the `X-Amz-Target` header, by which unsigned calls are known: `DynamoDB_20120810`. */
  readonly targetPrefix: string
  readonly relay: Relay
}

/** The service that a request is for, if it is one of these. */
export function relayedServiceOf(
  request: WireRequest,
  services: readonly RelayedService[],
): RelayedService | undefined {
  const scope = credentialScope(request)
  if (scope !== undefined) return services.find(({ signingName }) => signingName === scope.service)
  const prefix = targetOf(request)?.prefix
  return services.find(({ targetPrefix }) => targetPrefix === prefix)
}

/** Never rejects: where there is no answer, that is an error of AWS's JSON protocol, which its clients try again. */
export async function answerRelayed(
  service: RelayedService,
  request: WireRequest,
  { requestId, log }: { readonly requestId: string; readonly log: Log },
): Promise<WireAnswer> {
  const { method, path, query, headers, body } = request
  try {
    return await service.relay.call({
      method,
      path: query.size > 0 ? `${path}?${query.toString()}` : path,
      headers,
      body,
    })
  } catch (error) {
    const doing = `a call of ${service.name}`
    return writeUnaddressedFault(
      request,
      faultOf(error, { service: undefined, protocol: undefined, doing, log }),
      requestId,
    )
  }
}
