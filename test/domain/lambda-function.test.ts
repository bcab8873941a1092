import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  linesOfFunction,
  parseFunctionReference,
  versionOf,
  type FunctionVersion,
  type LambdaFunction,
} from '../../src/domain/lambda-function.ts'

test('a function is named in many ways', () => {
  const [region, accountId] = ['us-gov-west-1', '123456789012']
  const arn = `arn:aws-us-gov:lambda:${region}:${accountId}:function:my_hook-1`
  assert.deepEqual(parseFunctionReference('my_hook-1'), { functionName: 'my_hook-1' })
  assert.deepEqual(parseFunctionReference('my_hook-1:live'), { functionName: 'my_hook-1', qualifier: 'live' })
  assert.deepEqual(parseFunctionReference(arn), { functionName: 'my_hook-1', region, accountId })
  assert.deepEqual(parseFunctionReference(`${arn}:$LATEST`), {
    functionName: 'my_hook-1',
    qualifier: '$LATEST',
    region,
    accountId,
  })
  assert.deepEqual(parseFunctionReference(`${accountId}:function:my_hook-1:3`), {
    functionName: 'my_hook-1',
    qualifier: '3',
    accountId,
  })
  for (const text of ['', 'my hook', 'a/b', '../etc', 'hook:', 'x'.repeat(65), 'arn:aws:s3:::bucket', 'hook:a.b']) {
    assert.equal(parseFunctionReference(text), undefined, text)
  }
})

test('a qualifier means a version, and an alias one of two by their weights', () => {
  const alias = {
    name: 'live',
    functionVersion: '1',
    description: '',
    additionalVersionWeights: { 2: 0.25 },
    revisionId: 'r',
  }
  const found = {
    latest: version('$LATEST'),
    published: [version('1'), version('2')],
    aliases: [alias],
  } as unknown as LambdaFunction
  const meant = (qualifier?: string, chance?: number) => versionOf(found, qualifier, chance)?.version
  assert.deepEqual(
    [meant(), meant('$LATEST'), meant('2'), meant('3'), meant('none')],
    ['$LATEST', '$LATEST', '2', undefined, undefined],
  )
  assert.deepEqual([meant('live', 0.24), meant('live', 0.25), meant('live')], ['2', '1', '1'])
})

function version(number: string): FunctionVersion {
  return { version: number } as FunctionVersion
}

test('what a function wrote is told without the times and ids that Lambda puts before it', () => {
  const before = '2026-11-21T06:00:00.123Z\t2f1c9a52-8a34-4b1e-9d0c-0123456789ab'
  const log = [
    'INIT_START Runtime Version: nodejs24.x',
    'START RequestId: 2f1c9a52-8a34-4b1e-9d0c-0123456789ab Version: $LATEST',
    `${before}\tINFO\tGET /checkout answered 500`,
    `${before}\tERROR\tthis version\tis refused`,
    `[WARNING]\t${before}\ta warning of Python`,
    `[INFO]\t${before}\tand what it says`,
    '\u001B[32mprinted\u001B[0m',
    '',
    'END RequestId: 2f1c9a52-8a34-4b1e-9d0c-0123456789ab',
    'REPORT RequestId: 2f1c9a52-8a34-4b1e-9d0c-0123456789ab',
  ]
  assert.deepEqual(linesOfFunction(log), [
    'GET /checkout answered 500',
    'ERROR this version is refused',
    '[WARNING] a warning of Python',
    'and what it says',
    'printed',
  ])
})
