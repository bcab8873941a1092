import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { awsCli, hasAwsCli, openS3World } from './s3-world.ts'

test('aws s3 makes buckets, copies and synchronizes files, lists and removes them', async (t) => {
  if (!(await hasAwsCli(t))) return
  const { url, directory, time } = await openS3World(t)
  // What is newer than its copy is copied again.
  time.now = Date.now() + 60_000
  const aws = (...args: readonly string[]) => awsCli(url, ...args)
  const tree = join(directory, 'tree')
  mkdirSync(join(tree, 'sub'), { recursive: true })
  writeFileSync(join(tree, 'appspec.yaml'), 'version: 0.0\n')
  writeFileSync(join(tree, 'sub', 'large.bin'), Buffer.alloc(9 * 1024 * 1024, 'x'))
  assert.match(await aws('s3', 'mb', 's3://bucket'), /make_bucket: bucket/)
  assert.match(await aws('s3', 'cp', join(tree, 'appspec.yaml'), 's3://bucket/appspec.yaml'), /upload: /)
  await aws('s3', 'sync', tree, 's3://bucket/tree')
  assert.equal(await aws('s3', 'sync', tree, 's3://bucket/tree'), '')
  assert.match(await aws('s3', 'ls', 's3://bucket'), /PRE tree\/\n.* 13 appspec\.yaml\n/)
  assert.match(await aws('s3', 'ls', 's3://bucket', '--recursive'), /9437184 tree\/sub\/large\.bin/)
  await aws('s3', 'cp', 's3://bucket/tree/sub/large.bin', join(directory, 'back.bin'))
  assert.equal(readFileSync(join(directory, 'back.bin')).length, 9 * 1024 * 1024)
  await aws('s3', 'cp', 's3://bucket/tree/sub/large.bin', 's3://bucket/copy.bin')
  const put = ['s3api', 'put-object', '--bucket', 'bucket', '--key', 'k e y', '--body', join(tree, 'appspec.yaml')]
  assert.match(await aws(...put), /"ETag": "\\"[0-9a-f]{32}\\""/)
  const head = await aws('s3api', 'head-object', '--bucket', 'bucket', '--key', 'k e y', '--query', 'ContentLength')
  assert.equal(head.trim(), '13')
  const keys = await aws(
    's3api',
    'list-objects-v2',
    '--bucket',
    'bucket',
    '--query',
    'Contents[].Key',
    '--output',
    'text',
  )
  assert.deepEqual(keys.trim().split('\t'), [
    'appspec.yaml',
    'copy.bin',
    'k e y',
    'tree/appspec.yaml',
    'tree/sub/large.bin',
  ])
  await aws('s3', 'rm', 's3://bucket', '--recursive')
  assert.match(await aws('s3', 'rb', 's3://bucket'), /remove_bucket: bucket/)
  await assert.rejects(aws('s3', 'ls', 's3://bucket'), /NoSuchBucket/)
})
