import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { refuseByList, refuseByMember, type Problem } from '../../../src/aws/wire/refusal.ts'

const missing = (...path: readonly (string | number)[]): Problem => ({
  kind: 'missing',
  path,
  member: String(path.at(-1)),
})
const notInEnum = (value: string, ...path: readonly (string | number)[]): Problem => ({
  kind: 'notInEnum',
  path,
  member: 'Type',
  value,
  allowed: ['fixed-response', 'forward'],
})
const unknownMember: Problem = { kind: 'unknownMember', path: ['actions', 0, 'typ'], member: 'typ' }

describe('refusal by list', () => {
  const call = { operation: 'CreateRule', isException: () => false }

  test('words one problem as AWS does', () => {
    const error = refuseByList('ValidationError')([missing('LoadBalancerArn')], call)
    assert.equal(error.code, 'ValidationError')
    assert.equal(
      error.message,
      "1 validation error detected: Value null at 'loadBalancerArn' failed to satisfy constraint: Member must not be null",
    )
  })

  test('lists all problems with their places', () => {
    const { message } = refuseByList('ValidationError')(
      [missing('Priority'), notInEnum('x', 'Actions', 1, 'Type'), unknownMember],
      call,
    )
    assert.equal(
      message,
      "3 validation errors detected: Value null at 'priority' failed to satisfy constraint: Member must not be null; " +
        "Value 'x' at 'actions.2.member.type' failed to satisfy constraint: Member must satisfy enum value set: " +
        '[fixed-response, forward]; actions[0].typ is not a parameter of this operation in the version of the API ' +
        'that Teal knows; leave it out',
    )
  })
})

describe('refusal by member', () => {
  const exceptions = new Set(['ApplicationNameRequiredException', 'RoleRequiredException', 'InvalidTypeException'])
  const call = { operation: 'CreateDeployment', isException: (name: string) => exceptions.has(name) }
  const refuse = refuseByMember({
    exceptions: { serviceRoleArn: 'RoleRequiredException' },
    messages: { RoleRequiredException: 'The role is missing' },
  })

  test('answers the exception of the first member that is missing', () => {
    const { code, message } = refuse([missing('applicationName'), missing('serviceRoleArn')], call)
    assert.deepEqual([code, message], ['ApplicationNameRequiredException', 'ApplicationName is missing'])
  })

  test('answers the exceptions and texts that were told to it', () => {
    const { code, message } = refuse([missing('serviceRoleArn')], call)
    assert.deepEqual([code, message], ['RoleRequiredException', 'The role is missing'])
  })

  test('answers the invalid member for a value outside its enum', () => {
    const { code, message } = refuse([notInEnum('x', 'filters', 0, 'Type')], call)
    const text = "The value 'x' of filters[0].Type is not one of fixed-response, forward"
    assert.deepEqual([code, message], ['InvalidTypeException', text])
  })

  test('answers the invalid member for a number that is no integer', () => {
    const problem: Problem = { kind: 'notInteger', path: ['filters', 0, 'Type'], member: 'Type', value: 1.5 }
    const { code, message } = refuse([problem], call)
    assert.deepEqual([code, message], ['InvalidTypeException', 'Filters[0].Type is 1.5. Pass an integer'])
    const constraint = "Value '1.5' at 'filters.1.member.type' failed to satisfy constraint: Member must be an integer"
    assert.equal(refuseByList('E')([problem], call).message, `1 validation error detected: ${constraint}`)
  })

  test('answers a general exception where the service has none of its own', () => {
    assert.equal(refuse([missing('other')], call).code, 'ValidationException')
    assert.equal(refuse([unknownMember], call).code, 'ValidationException')
  })
})
