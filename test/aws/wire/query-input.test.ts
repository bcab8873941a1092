import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2'
import { readOperationTable } from '../../../src/aws/wire/operation-table.ts'
import { pathText } from '../../../src/aws/wire/path.ts'
import type { Decoded } from '../../../src/aws/wire/protocol.ts'
import { readQueryInput } from '../../../src/aws/wire/query-input.ts'

const table = readOperationTable(elbv2)

function read(form: string): Decoded {
  const parameters = new URLSearchParams(form)
  const operation = table.operations.get(parameters.get('Action') ?? '')
  assert.ok(operation)
  return readQueryInput(operation.input, parameters)
}

function assertRefused(form: string, message: string): void {
  assert.throws(() => read(form), { code: 'ValidationError', message }, form)
}

describe('a query request', () => {
  test('has lists, structures, numbers and booleans in its dotted names', () => {
    const form =
      'Action=ModifyListener&Version=2015-12-01&ListenerArn=l&Port=80&DefaultActions.member.1.Type=forward&' +
      'DefaultActions.member.1.ForwardConfig.TargetGroups.member.1.Weight=0&' +
      'DefaultActions.member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled=true'
    const ForwardConfig = { TargetGroups: [{ Weight: 0 }], TargetGroupStickinessConfig: { Enabled: true } }
    const input = { ListenerArn: 'l', Port: 80, DefaultActions: [{ Type: 'forward', ForwardConfig }] }
    assert.deepEqual(read(form), { input, unknownMembers: [] })
  })

  test('has an empty list where a list is named without elements, and none where it is not named', () => {
    assert.deepEqual(read('Action=ModifyRule&RuleArn=r&Actions=').input, { RuleArn: 'r', Actions: [] })
    assert.deepEqual(read('Action=ModifyRule&RuleArn=r').input, { RuleArn: 'r' })
  })

  test('has its elements in the order of their numbers, however they were sent', () => {
    const form = 'Action=DescribeTargetGroups&Names.member.10=c&Names.member.2=b&Names.member.1=a'
    assert.deepEqual(read(form).input, { Names: ['a', 'b', 'c'] })
  })

  test('may carry its signature as parameters, as the oldest clients do', () => {
    const form = 'Action=DescribeRules&Version=2015-12-01&AWSAccessKeyId=a&SignatureVersion=2&Signature=s&X-Amz-Date=d'
    assert.deepEqual(read(form), { input: {}, unknownMembers: [] })
  })

  test('names what the model does not know, at every depth', () => {
    const form = 'Action=CreateListener&Colour=teal&DefaultActions.member.1.Typo=x&__proto__.a=1'
    const { input, unknownMembers } = read(form)
    assert.deepEqual(input, { DefaultActions: [{}] })
    assert.deepEqual(unknownMembers.map(pathText), ['DefaultActions[0].Typo', 'Colour', '__proto__'])
  })

  test('with a value of another type is refused, saying what and where', () => {
    assertRefused('Action=CreateListener&Port=http', "Invalid value for Port: 'http' is not a number.")
    assertRefused('Action=CreateListener&Port=', "Invalid value for Port: '' is not a number.")
    assertRefused('Action=CreateListener&Port=0x50', "Invalid value for Port: '0x50' is not a number.")
    assertRefused(
      'Action=CreateTargetGroup&HealthCheckEnabled=yes',
      "Invalid value for HealthCheckEnabled: 'yes' is neither true nor false.",
    )
    assertRefused(
      'Action=CreateListener&DefaultActions.1.Type=forward',
      "Invalid value for DefaultActions: a list's elements are named member.1, member.2, …, not 1.",
    )
    assertRefused(
      'Action=CreateListener&DefaultActions.member.x.Type=forward',
      "Invalid value for DefaultActions: 'x' is not the number of an element.",
    )
    assertRefused(
      'Action=CreateListener&DefaultActions=forward',
      "Invalid value for DefaultActions: 'forward' was given for a list, whose elements are named member.1, member.2, ….",
    )
    assertRefused(
      'Action=CreateListener&LoadBalancerArn.member.1=x',
      'Invalid value for LoadBalancerArn: a list or structure was given for a simple value.',
    )
    assertRefused('Action=CreateTargetGroup&Matcher=200', "Invalid value for Matcher: '200' was given for a structure.")
  })

  test('may name absurdly many parts without harm', () => {
    const { unknownMembers } = read(`Action=CreateListener&${'a.'.repeat(100_000)}b=1`)
    assert.deepEqual(unknownMembers.map(pathText), ['a'])
    assertRefused(
      'Action=DescribeTargetGroups&Names.member.99999999999=a',
      "Invalid value for Names: '99999999999' is not the number of an element.",
    )
  })
})
