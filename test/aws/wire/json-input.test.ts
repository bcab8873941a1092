import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as ecs from '@aws-sdk/client-ecs'
import { readJsonInput } from '../../../src/aws/wire/json-input.ts'
import { readOperationTable, type Shape } from '../../../src/aws/wire/operation-table.ts'
import { pathText } from '../../../src/aws/wire/path.ts'
import type { Decoded } from '../../../src/aws/wire/protocol.ts'

const table = readOperationTable(ecs)

function inputOf(operation: string): Shape {
  const found = table.operations.get(operation)
  assert.ok(found)
  return found.input
}

function read(operation: string, body: string, encoding: BufferEncoding = 'utf8'): Decoded {
  return readJsonInput(inputOf(operation), Buffer.from(body, encoding))
}

function assertRefused(operation: string, body: string, message: string): void {
  assert.throws(() => read(operation, body), { code: 'SerializationException', message }, body)
}

describe('a JSON request', () => {
  test('with a value of another type is refused, saying what was found, what is wanted and where', () => {
    const wrong = [
      ['CreateService', '{"serviceName":5}', 'NUMBER_VALUE can not be converted to a String (at serviceName)'],
      ['CreateService', '{"serviceName":true}', 'TRUE_VALUE can not be converted to a String (at serviceName)'],
      ['CreateService', '{"serviceName":false}', 'FALSE_VALUE can not be converted to a String (at serviceName)'],
      ['CreateService', '{"serviceName":[]}', 'Start of list found where not expected. (at serviceName)'],
      ['CreateService', '{"serviceName":{}}', 'Start of structure or map found where not expected. (at serviceName)'],
      ['CreateService', '{"desiredCount":"2"}', 'STRING_VALUE can not be converted to a Number (at desiredCount)'],
      [
        'CreateService',
        '{"enableECSManagedTags":"true"}',
        'STRING_VALUE can not be converted to a Boolean (at enableECSManagedTags)',
      ],
      ['CreateService', '{"loadBalancers":{}}', 'Expected list or null (at loadBalancers)'],
      ['CreateService', '{"loadBalancers":[[]]}', 'Start of list found where not expected. (at loadBalancers[0])'],
      ['CreateService', '{"loadBalancers":[null]}', 'A list or map may not hold null (at loadBalancers[0])'],
      [
        'CreateService',
        '{"loadBalancers":[{},{"containerPort":"80"}]}',
        'STRING_VALUE can not be converted to a Number (at loadBalancers[1].containerPort)',
      ],
      ['CreateService', '{"networkConfiguration":"awsvpc"}', 'Expected null (at networkConfiguration)'],
      [
        'ListServiceDeployments',
        '{"createdAt":{"after":"2026-01-01"}}',
        'STRING_VALUE can not be converted to milliseconds since epoch (at createdAt.after)',
      ],
      [
        'RegisterTaskDefinition',
        '{"containerDefinitions":[{"dockerLabels":{"a.b":1}}]}',
        'NUMBER_VALUE can not be converted to a String (at containerDefinitions[0].dockerLabels.a.b)',
      ],
    ] as const
    for (const [operation, body, message] of wrong) assertRefused(operation, body, message)
  })

  test('which is not a JSON object is refused', () => {
    assertRefused('ListClusters', '[]', 'Start of list found where not expected.')
    assertRefused('ListClusters', '"text"', 'Expected null')
    assertRefused('ListClusters', 'null', 'Expected null')
    assert.throws(() => read('ListClusters', '{"nextToken":'), {
      code: 'SerializationException',
      message: /^The request's body is not JSON: /,
    })
    assert.throws(() => read('ListClusters', '['.repeat(1_000_000)), { code: 'SerializationException' })
    assert.throws(() => read('ListClusters', '{"nextToken":"grün"}', 'latin1'), {
      code: 'SerializationException',
      message: "The request's body is not JSON: it is not in UTF-8",
    })
  })

  test('without a body is one without members', () => {
    assert.deepEqual(read('ListClusters', '').input, {})
  })

  test('has null for what is absent', () => {
    assert.deepEqual(read('ListClusters', '{"nextToken":null,"strange":null}'), { input: {}, unknownMembers: [] })
  })

  test('names what the model does not know, at every depth', () => {
    const body =
      '{"service":"s","taskSet":"t","cluster":"c","scale":{"value":1,"valu":2},"constructor":1,"__proto__":{"a":1}}'
    const { input, unknownMembers } = read('UpdateTaskSet', body)
    assert.deepEqual(input, { service: 's', taskSet: 't', cluster: 'c', scale: { value: 1 } })
    assert.deepEqual(unknownMembers.map(pathText), ['scale.valu', 'constructor', '__proto__'])
    assert.equal(Object.getPrototypeOf(input), Object.prototype)
  })

  test('keeps a map entry of any name as an entry', () => {
    const body = '{"family":"f","containerDefinitions":[{"dockerLabels":{"__proto__":"a","constructor":"b"}}]}'
    const { input } = read('RegisterTaskDefinition', body)
    assert.equal(JSON.stringify(input), body)
  })
})
