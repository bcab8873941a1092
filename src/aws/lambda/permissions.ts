import { createHash } from 'node:crypto'
import type * as sdk from '@aws-sdk/client-lambda'
import type { PolicyStatement } from '../../domain/lambda-function.ts'
import type { Handlers } from '../handlers.ts'
import { checkRevision, existingVersion, invalidParameter, lambdaError, put, type LambdaEngine } from './lookups.ts'

/** Resource policies: recorded and answered; whoever reaches the engine may invoke a function. */
export function permissionHandlers(engine: LambdaEngine) {
  return {
    AddPermission(input, call) {
      const { found, qualifier, arn } = existingVersion({ engine, call }, input.FunctionName, input.Qualifier)
      const sid = checkedSid(input.StatementId)
      if (ofQualifier(found.statements, qualifier).some((each) => each.sid === sid)) {
        throw lambdaError(
          'ResourceConflictException',
          `The statement id (${sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
        )
      }
      checkRevision(input.RevisionId, policyRevision(ofQualifier(found.statements, qualifier)))
      const statement = statementOf(input, arn)
      const added = { sid, statement, ...(qualifier !== undefined && { qualifier }) }
      put({ engine, call }, { ...found, statements: [...found.statements, added] })
      return { Statement: JSON.stringify(statement) }
    },

    RemovePermission({ FunctionName, StatementId, Qualifier, RevisionId }, call) {
      const { found, qualifier } = existingVersion({ engine, call }, FunctionName, Qualifier)
      const statements = ofQualifier(found.statements, qualifier)
      const removed = statements.find(({ sid }) => sid === StatementId)
      if (removed === undefined) {
        throw lambdaError('ResourceNotFoundException', `Statement ${StatementId} is not found in resource policy.`)
      }
      checkRevision(RevisionId, policyRevision(statements))
      put({ engine, call }, { ...found, statements: found.statements.filter((each) => each !== removed) })
      return {}
    },

    GetPolicy({ FunctionName, Qualifier }, call) {
      const { found, qualifier } = existingVersion({ engine, call }, FunctionName, Qualifier)
      const statements = ofQualifier(found.statements, qualifier)
      if (statements.length === 0) {
        throw lambdaError('ResourceNotFoundException', 'The resource you requested does not exist.')
      }
      const policy = { Version: '2012-10-17', Id: 'default', Statement: statements.map(({ statement }) => statement) }
      return { Policy: JSON.stringify(policy), RevisionId: policyRevision(statements) }
    },
  } satisfies Handlers<typeof sdk>
}

function ofQualifier(
  statements: readonly PolicyStatement[],
  qualifier: string | undefined,
): readonly PolicyStatement[] {
  return statements.filter((each) => each.qualifier === qualifier)
}

/** Another one whenever the policy says something else. */
function policyRevision(statements: readonly PolicyStatement[]): string {
  const digest = createHash('sha256').update(JSON.stringify(statements)).digest('hex')
  return digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5')
}

function checkedSid(sid: string): string {
  if (/^[a-zA-Z0-9-_]{1,100}$/.test(sid)) return sid
  throw invalidParameter(`The statement id (${sid}) must be 1 to 100 letters, digits, hyphens or underscores.`)
}

function statementOf(
  input: Omit<sdk.AddPermissionRequest, 'StatementId' | 'Action' | 'Principal'> & {
    readonly StatementId: string
    readonly Action: string
    readonly Principal: string
  },
  arn: string,
): Readonly<Record<string, unknown>> {
  const { SourceArn, SourceAccount, PrincipalOrgID, FunctionUrlAuthType, EventSourceToken, InvokedViaFunctionUrl } =
    input
  const refused = { FunctionUrlAuthType, EventSourceToken, InvokedViaFunctionUrl }
  const unsupported = Object.entries(refused).find(([, value]) => value !== undefined)
  if (unsupported !== undefined) throw invalidParameter(`${unsupported[0]} is not supported here. Leave it out.`)
  const equals = {
    ...(SourceAccount !== undefined && { 'AWS:SourceAccount': SourceAccount }),
    ...(PrincipalOrgID !== undefined && { 'aws:PrincipalOrgID': PrincipalOrgID }),
  }
  const condition = {
    ...(Object.keys(equals).length > 0 && { StringEquals: equals }),
    ...(SourceArn !== undefined && { ArnLike: { 'AWS:SourceArn': SourceArn } }),
  }
  return {
    Sid: input.StatementId,
    Effect: 'Allow',
    Principal: principalOf(input.Principal),
    Action: input.Action,
    Resource: arn,
    ...(Object.keys(condition).length > 0 && { Condition: condition }),
  }
}

function principalOf(principal: string): unknown {
  if (principal === '*') return principal
  if (/^\d{12}$/.test(principal)) return { AWS: `arn:aws:iam::${principal}:root` }
  return principal.startsWith('arn:') ? { AWS: principal } : { Service: principal }
}
