import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as lambdaSdk from '@aws-sdk/client-lambda'
import * as s3Sdk from '@aws-sdk/client-s3'
import { readOperationTable } from '../../../src/aws/wire/operation-table.ts'
import type { WireRequest } from '../../../src/aws/wire/protocol.ts'
import { findRoutedOperation } from '../../../src/aws/wire/route.ts'
import { s3Request } from '../../../src/aws/wire/s3-request.ts'

const [s3, lambda] = [readOperationTable(s3Sdk), readOperationTable(lambdaSdk)]

/** `line` is a request's first: `GET /bucket/key?acl`. */
function request(line: string, headers: WireRequest['headers'] = {}): WireRequest {
  const [method = '', url = ''] = line.split(' ')
  const [path = '', query = ''] = url.split('?')
  return { method, path, query: new URLSearchParams(query), headers, body: Buffer.alloc(0) }
}

const inS3 = (line: string, headers?: WireRequest['headers']) =>
  findRoutedOperation(s3, s3Request(request(line, headers)))?.name
const inLambda = (line: string) => findRoutedOperation(lambda, { ...request(line), addressLabels: {} })?.name

describe('an operation of a REST service', () => {
  test('is told by method, path, query and headers: S3', () => {
    const copy = { 'x-amz-copy-source': 'b/k' }
    const expected: Readonly<Record<string, string | undefined>> = {
      'GET /': 'ListBuckets',
      'GET /?x-id=ListDirectoryBuckets': 'ListDirectoryBuckets',
      'GET /b': 'ListObjects',
      'GET /b/': 'ListObjects',
      'GET /b?list-type=2&prefix=x': 'ListObjectsV2',
      'GET /b?list-type=3': 'ListObjects',
      'GET /b?versions': 'ListObjectVersions',
      'GET /b?uploads=': 'ListMultipartUploads',
      'GET /b?location': 'GetBucketLocation',
      'GET /b?analytics': 'ListBucketAnalyticsConfigurations',
      'GET /b?analytics&id=1': 'GetBucketAnalyticsConfiguration',
      'PUT /b': 'CreateBucket',
      'HEAD /b': 'HeadBucket',
      'DELETE /b': 'DeleteBucket',
      'POST /b?delete': 'DeleteObjects',
      'POST /b': undefined,
      'GET /b/k': 'GetObject',
      'GET /b/k/l/': 'GetObject',
      'GET /b//': 'GetObject',
      'GET /b/k?acl': 'GetObjectAcl',
      'GET /b/k?uploadId=1': 'ListParts',
      'HEAD /b/k': 'HeadObject',
      'PUT /b/k': 'PutObject',
      'PUT /b/k?tagging': 'PutObjectTagging',
      'PUT /b/k?partNumber=1&uploadId=1': 'UploadPart',
      'POST /b/k?uploads': 'CreateMultipartUpload',
      'POST /b/k?uploadId=1': 'CompleteMultipartUpload',
      'DELETE /b/k': 'DeleteObject',
      'DELETE /b/k?versionId=1': 'DeleteObject',
      'DELETE /b/k?uploadId=1': 'AbortMultipartUpload',
      'PATCH /b/k': undefined,
    }
    for (const [line, operation] of Object.entries(expected)) assert.equal(inS3(line), operation, line)
    assert.equal(inS3('PUT /b/k', copy), 'CopyObject')
    assert.equal(inS3('PUT /b/k?partNumber=1&uploadId=1', copy), 'UploadPartCopy')
    assert.equal(inS3('GET /b/k?attributes', { 'x-amz-object-attributes': 'ETag' }), 'GetObjectAttributes')
  })

  test('is told by method, path and query: Lambda', () => {
    const expected: Readonly<Record<string, string | undefined>> = {
      'GET /2015-03-31/functions': 'ListFunctions',
      'GET /2015-03-31/functions/': 'ListFunctions',
      'POST /2015-03-31/functions': 'CreateFunction',
      'GET /2015-03-31/functions/f': 'GetFunction',
      'GET /2015-03-31/functions/arn:aws:lambda:eu-west-1:0:function:f:1': 'GetFunction',
      'GET /2015-03-31/functions/f/configuration': 'GetFunctionConfiguration',
      'POST /2015-03-31/functions/arn%3Aaws%3Alambda%3A%3A0%3Afunction%3Af/invocations': 'Invoke',
      'GET /2015-03-31/functions/f/aliases/live': 'GetAlias',
      'GET /2018-10-31/layers?find=LayerVersion&Arn=a': 'GetLayerVersionByArn',
      'GET /2018-10-31/layers': 'ListLayers',
      'GET /2015-03-31/nothing': undefined,
      'GET /2015-03-31/functions/f/g/h': undefined,
      'PUT /2015-03-31/functions/f': undefined,
    }
    for (const [line, operation] of Object.entries(expected)) assert.equal(inLambda(line), operation, line)
  })
})
