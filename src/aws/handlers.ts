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

type Plain = string | number | bigint | boolean | null | undefined | Date | Uint8Array | ((...args: never[]) => unknown)

/**
 * An SDK type after the wire's checks. The SDK types a required member as `name: string | undefined`; a request without
 * it never reaches a handler, at any depth, so here it is `name: string`. Assignable to the SDK's own type.
 */
export type Checked<Type> = Type extends Plain
  ? Type
  : Type extends readonly (infer Item)[]
    ? Checked<Item>[]
    : {
        [Name in keyof Type]: object extends Pick<Type, Name>
          ? Checked<Type[Name]>
          : Checked<Exclude<Type[Name], undefined>>
      }

/** An SDK type which may hold the domain's read-only arrays and objects. */
export type Answer<Type> = Type extends Plain
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
  readonly protocol: Protocol
  readonly refuse: Refuse
  readonly table: OperationTable
  readonly handlers: ReadonlyMap<string, AnyHandler>
}
export type AnyHandler = (input: never, call: Call) => unknown

/**
 * Describes a service to the wire. A service's file exports a function that does so:
 *
 *     import * as sdk from '@aws-sdk/client-codedeploy'
 *
 *     export const codeDeploy = (engine: Engine): AwsService =>
 *       awsService({
 *         name: 'CodeDeploy',
 *         signingName: 'codedeploy',
 *         protocol: jsonProtocol({ version: '1.1', targetPrefix: 'CodeDeploy_20141006' }),
 *         sdk,
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
 * `jsonProtocol` is in `wire/json-protocol.ts`, `queryProtocol` in `wire/query-protocol.ts`, the `refuse…` functions in
 * `wire/refusal.ts`; a service may also write its own `Refuse`. Several files can each make a part of the handlers:
 * `const applications = (engine: Engine) => ({ CreateApplication(input, call) {…} }) satisfies Handlers<typeof sdk>`.
 */
export function awsService<Sdk extends object>(definition: {
  readonly name: string
  readonly signingName: string
  readonly protocol: Protocol
  readonly sdk: Sdk
  readonly handlers: Handlers<Sdk>
  readonly refuse: Refuse
}): AwsService {
  const { sdk, handlers, ...rest } = definition
  return {
    ...rest,
    table: readOperationTable(sdk),
    handlers: new Map(Object.entries<AnyHandler>(handlers as Record<string, AnyHandler>)),
  }
}
