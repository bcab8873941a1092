import { sdkModule, type SdkModules } from './sdk.ts'
import type { OperationTable } from './wire/operation-table.ts'
import { readOperationTable } from './wire/operation-table.ts'
import type { Protocol } from './wire/protocol.ts'
import type { Refuse } from './wire/refusal.ts'

/** What a handler knows of the call besides its input. */
export type Call = {
  /** Answered as `x-amzn-RequestId`. */
  readonly requestId: string
  /** The region the client signed for; `us-east-1` when it did not sign. */
  readonly region: string
  readonly accountId: string
  readonly userAgent: string
}

/**
 * The operations of an AWS service as functions, typed by the service's own SDK module:
 *
 *     const operations: Handlers<typeof import('@aws-sdk/client-codedeploy')> = {
 *       GetDeployment({ deploymentId }, call) {
 *         return { deploymentInfo: { deploymentId, status: 'InProgress' } }
 *       },
 *     }
 *
 * A handler may be asynchronous. It refuses by throwing `AwsError` with the SDK's name of the exception
 * (`TargetGroupNotFoundException`, also where the wire says `TargetGroupNotFound`). Operations left out answer that
 * Teal does not implement them.
 */
export type Handlers<Sdk> = {
  readonly [Name in keyof Sdk as OperationName<Name>]?: Handler<InputOf<Sdk[Name]>, OutputOf<Sdk[Name]>>
}

type Handler<Input, Output> = (
  input: Checked<Input>,
  call: Call,
) => Answer<Omit<Output, '$metadata'>> | Promise<Answer<Omit<Output, '$metadata'>>>

type OperationName<Name> = Name extends `${infer Operation}Command`
  ? Operation extends '' | '$'
    ? never
    : Operation
  : never

type Command<Input, Output> = abstract new (...args: never[]) => {
  readonly input: Input
  resolveMiddleware(...args: never[]): (...args: never[]) => Promise<{ output: Output }>
}
type InputOf<Member> = Member extends Command<infer Input, unknown> ? Input : never
type OutputOf<Member> = Member extends Command<object, infer Output> ? Output : never

/** What a client may stream is received whole: bytes. What it would get as a stream may be answered as such, or in pieces. */
type Received<Type> = [Uint8Array | string] extends [Type] ? Uint8Array : never
type Stream = { transformToByteArray(): Promise<Uint8Array> }

type Plain = string | number | bigint | boolean | null | undefined | Date | Uint8Array | ((...args: never[]) => unknown)

/**
 * An SDK type after the wire's checks. The SDK types a required member as `name: string | undefined`; a request without
 * it never reaches a handler, at any depth, so here it is `name: string`. Assignable to the SDK's own type.
 */
export type Checked<Type> = [Received<Type>] extends [never] ? CheckedPart<Type> : Received<Type>

type CheckedPart<Type> = Type extends Plain
  ? Type
  : Type extends readonly (infer Item)[]
    ? Checked<Item>[]
    : {
        [Name in keyof Type]: object extends Pick<Type, Name>
          ? Checked<Type[Name]>
          : Checked<Exclude<Type[Name], undefined>>
      }

/** An SDK type which may hold the domain's read-only arrays and objects. */
export type Answer<Type> = Type extends Stream
  ? Uint8Array | string | AsyncIterable<Uint8Array>
  : Type extends Uint8Array
    ? Uint8Array | string
    : Type extends Plain
      ? Type
      : Type extends readonly (infer Item)[]
        ? readonly Answer<Item>[]
        : { readonly [Name in keyof Type]: Answer<Type[Name]> }

/** One AWS service, ready to be mounted by `startEndpoint`. */
export type AwsService = {
  /** As AWS's guides write it: `CodeDeploy`, `Amazon ECS`, `Elastic Load Balancing`. */
  readonly name: string
  /** The service in a request's credential scope, e.g. `elasticloadbalancing`. */
  readonly signingName: string
  /** One or several; all are read and answered by the same handlers. */
  readonly protocols: readonly [Protocol, ...Protocol[]]
  /** The largest body taken, where it is not the endpoint's 16 MiB. */
  readonly maximumBodyBytes?: number | undefined
  readonly refuse: Refuse
  /**
   * By operation, members it does not have and may be sent all the same: what its answers tell about a thing and people
   * send back with it.
   */
  readonly ignoredMembers?: Readonly<Record<string, readonly string[]>> | undefined
  /** Read when it is first asked for: few programs call all of the services. */
  readonly table: () => OperationTable
  readonly handlers: ReadonlyMap<string, AnyHandler>
}
export type AnyHandler = (input: never, call: Call) => unknown

/**
 * Describes a service to the wire. A service's file exports a function that does so:
 *
 *     export const codeDeploy = (engine: Engine): AwsService =>
 *       awsService({
 *         name: 'CodeDeploy',
 *         signingName: 'codedeploy',
 *         protocol: jsonProtocol({ version: '1.1', targetPrefix: 'CodeDeploy_20141006' }),
 *         sdk: '@aws-sdk/client-codedeploy',
 *         handlers: { ...applications(engine), ...deployments(engine) },
 *         refuse: refuseByMember({ exceptions: { serviceRoleArn: 'RoleRequiredException' } }),
 *       })
 *
 * and likewise, for the others:
 *
 *     protocol: jsonProtocol({ version: '1.1', targetPrefix: 'AmazonEC2ContainerServiceV20141113' }),
 *     refuse: refuseByList('InvalidParameterException'),
 *
 *     protocol: queryProtocol({ version: '2015-12-01', xmlNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/' }),
 *     refuse: refuseByList('ValidationError'),
 *
 * The REST services are told their operations by the model alone:
 *
 *     export const lambda = (engine: Engine): AwsService =>
 *       awsService({
 *         name: 'AWS Lambda',
 *         signingName: 'lambda',
 *         protocol: restJsonProtocol(),
 *         maximumBodyBytes: 96 * 1024 * 1024, // a zip of 50 MB, in base64
 *         sdk: '@aws-sdk/client-lambda',
 *         handlers: { ...functions(engine), ...invocations(engine) },
 *         refuse: refuseByList('ValidationException'),
 *       })
 *
 *     export const s3 = (engine: Engine): AwsService =>
 *       awsService({
 *         name: 'Amazon S3',
 *         signingName: 's3',
 *         protocol: s3Protocol(),
 *         maximumBodyBytes: 256 * 1024 * 1024, // what is larger is to be uploaded in parts
 *         sdk: '@aws-sdk/client-s3',
 *         handlers: { ...buckets(engine), ...objects(engine), ...uploads(engine) },
 *         refuse: refuseByList('InvalidArgument'),
 *       })
 *
 * A service may speak several protocols, all to the same handlers:
 *
 *     export const cloudWatch = (engine: Engine): AwsService =>
 *       awsService({
 *         name: 'Amazon CloudWatch',
 *         signingName: 'monitoring',
 *         protocol: [
 *           jsonProtocol({ version: '1.0', targetPrefix: 'GraniteServiceVersion20100801', isQueryCompatible: true }),
 *           cborProtocol({ serviceName: 'GraniteServiceVersion20100801', isQueryCompatible: true }),
 *           queryProtocol({ version: '2010-08-01', xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/' }),
 *         ],
 *         sdk: '@aws-sdk/client-cloudwatch',
 *         handlers: { ...alarms(engine), ...metrics(engine) },
 *         refuse: refuseByList('InvalidParameterValueException'),
 *       })
 *
 * A body that a client may stream is received whole, as `Uint8Array`; one that a client gets as a stream is answered as
 * `Uint8Array`, text or, with its length in a header, in pieces. HEAD and 204 have no body whatever is answered; an output
 * with `ContentRange` is a 206. S3's errors outside of its model (`AwsError('BucketNotEmpty', …)`) get their status from
 * `wire/s3-status.ts`; an `AwsError`'s `members`, such as `{ BucketName }`, are elements of the XML beside its code, or
 * headers where they have the name of one (`{ 'x-amz-delete-marker': 'true' }`). Checksums of S3's bodies are verified before a handler is called.
 *
 * Each protocol is in the file of its name in `wire/`, the `refuse…` functions in `wire/refusal.ts`; a service may also
 * write its own `Refuse`. Several files can each make a part of the handlers:
 * `const applications = (engine: Engine) => ({ CreateApplication(input, call) {…} }) satisfies Handlers<typeof sdk>`.
 */
export function awsService<Sdk extends keyof SdkModules>(definition: {
  readonly name: string
  readonly signingName: string
  readonly protocol: Protocol | readonly [Protocol, ...Protocol[]]
  readonly maximumBodyBytes?: number
  readonly sdk: Sdk
  readonly handlers: Handlers<SdkModules[Sdk]>
  readonly refuse: Refuse
  readonly ignoredMembers?: Readonly<Record<string, readonly string[]>>
}): AwsService {
  const { sdk, handlers, protocol, ...rest } = definition
  let table: OperationTable | undefined
  return {
    ...rest,
    protocols: 'read' in protocol ? [protocol] : protocol,
    table: () => (table ??= readOperationTable(sdkModule(sdk))),
    handlers: new Map(Object.entries<AnyHandler>(handlers as Record<string, AnyHandler>)),
  }
}
