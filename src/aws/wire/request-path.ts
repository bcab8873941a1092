import { AwsError } from '../../domain/aws-error.ts'
import type { Log } from '../../engine/ports.ts'
import type { AwsService, Call } from '../handlers.ts'
import { withoutCompression } from './compression.ts'
import { credentialScope } from './credential-scope.ts'
import { faultOf, writeUnaddressedFault } from './fault.ts'
import { inputProblems } from './input-check.ts'
import { targetOf } from './json-protocol.ts'
import type { Operation } from './operation-table.ts'
import type { Decoded, Protocol, WireAnswer, WireRequest } from './protocol.ts'
import { formOf } from './query-protocol.ts'
import type { Problem } from './refusal.ts'

/** Where calls are answered: the services mounted, and what every call is told. */
export type Surface = {
  readonly services: readonly AwsService[]
  /** What others answer for, at the same endpoint. */
  readonly relayed?: readonly Pick<AwsService, 'name'>[]
  readonly accountId: string
  readonly log: Log
}

/**
 * The way of an AWS call from a received request to its answer. It never throws: whatever goes wrong becomes a fault in
 * the protocol of the call.
 */
export async function answerCall(received: WireRequest, requestId: string, surface: Surface): Promise<WireAnswer> {
  let service: AwsService | undefined
  let protocol: Protocol | undefined
  let operation: Operation | undefined
  try {
    const request = withoutCompression(received)
    service = identifyService(request, surface)
    protocol = identifyProtocol(request, service)
    operation = identifyOperation(request, service, protocol)
    const decoded = protocol.read(operation, request)
    check(decoded, operation, service)
    const output = await handle(decoded, operation, service, callOf(request, requestId, surface))
    return protocol.write(operation, output, requestId)
  } catch (error) {
    const doing = [service?.name, operation?.name].filter((name) => name !== undefined).join(' ')
    const fault = faultOf(error, { service, protocol, doing: doing === '' ? 'a call' : doing, log: surface.log })
    return protocol ? protocol.writeFault(fault, requestId) : writeUnaddressedFault(received, fault, requestId)
  }
}

/**
 * Services of REST have no name in the request: theirs is what it was signed for. Others are known by what the request
 * itself names, its header's prefix or its form's version, also when it is signed for something else. What neither names
 * a service nor is signed may be meant for one which is known by its paths.
 */
export function serviceOf(request: WireRequest, services: readonly AwsService[]): AwsService | undefined {
  const signedFor = credentialScope(request)?.service
  const signed = services.find(({ signingName }) => signingName === signedFor)
  if (signed && isRest(signed)) return signed
  const isUnsigned = signedFor === undefined
  const named = services.find((service) => (isUnsigned || !isRest(service)) && protocolOf(request, service))
  const rest = isUnsigned
    ? services.find(({ protocols }) => protocols.some((each) => each.mayAddress?.(request)))
    : undefined
  return named ?? signed ?? rest
}

const isRest = ({ protocols }: AwsService): boolean => protocols.some((protocol) => protocol.isRest)

const protocolOf = (request: WireRequest, { protocols, table }: AwsService): Protocol | undefined =>
  protocols.find((protocol) => protocol.addresses(request, table))

function identifyService(request: WireRequest, { services, relayed = [] }: Surface): AwsService {
  const found = serviceOf(request, services)
  if (found) return found
  const signedFor = credentialScope(request)?.service
  const [target, form] = [targetOf(request), formOf(request)]
  const asked = [signedFor ?? target?.prefix, form?.get('Action') ?? target?.operation].filter(Boolean).join(' ')
  const what = asked === '' ? 'The request names no AWS service' : `Teal does not implement the AWS service of ${asked}`
  const names = [...services, ...relayed].map(({ name }) => name).join(', ')
  throw new AwsError(form ? 'InvalidAction' : 'UnknownOperationException', `${what}. It implements ${names}.`)
}

/** A service may speak several; what fits none of them is refused in the first. */
function identifyProtocol(request: WireRequest, service: AwsService): Protocol {
  return protocolOf(request, service) ?? service.protocols[0]
}

function identifyOperation(request: WireRequest, service: AwsService, protocol: Protocol): Operation {
  const { name: serviceName } = service
  const table = service.table()
  const name = protocol.operationName(request, table)
  if (name === undefined || name === '') {
    throw new AwsError(
      protocol.unknownOperation,
      `The request names no operation of ${serviceName}, which expects ${protocol.naming}.`,
    )
  }
  const operation = table.operations.get(name)
  if (!operation) throw new AwsError(protocol.unknownOperation, `${serviceName} has no operation ${name}.`)
  if (!service.handlers.has(name)) {
    throw new AwsError(
      protocol.unknownOperation,
      `Teal does not implement the operation ${name} of ${serviceName} (yet).`,
    )
  }
  return operation
}

function check({ input, unknownMembers }: Decoded, operation: Operation, service: AwsService): void {
  const { refuse, ignoredMembers } = service
  const table = service.table()
  const ignored = ignoredMembers?.[operation.name] ?? []
  const asked = unknownMembers.filter((path) => path.length > 1 || !ignored.includes(String(path[0])))
  const unknown = asked.map((path): Problem => ({ kind: 'unknownMember', path, member: String(path.at(-1)) }))
  const [first, ...rest] = [...inputProblems(operation.input, input, table), ...unknown]
  if (!first) return
  throw refuse([first, ...rest], { operation: operation.name, isException: (name) => table.errors.has(name) })
}

async function handle(
  decoded: Decoded,
  operation: Operation,
  service: AwsService,
  call: Call,
): Promise<Record<string, unknown>> {
  const handler = service.handlers.get(operation.name)
  // The schema has made sure that the input is what the handler's type says.
  const output = await handler?.(decoded.input as never, call)
  return (output ?? {}) as Record<string, unknown>
}

function callOf(request: WireRequest, requestId: string, { accountId }: Surface): Call {
  const region = credentialScope(request)?.region ?? 'us-east-1'
  return { requestId, region, accountId, userAgent: request.headers['user-agent'] ?? '' }
}
