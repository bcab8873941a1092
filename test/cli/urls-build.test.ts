import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { logLine, type LogLineParts } from '../acceptance/a-log-line.ts'
import { dataDirectory, Serving, teal } from './command-line.ts'

const logOf = (...lines: readonly LogLineParts[]): string => `${lines.map(logLine).join('\n')}\n`

function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'teal-urls-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('a list is made of logs in a directory, gzipped or not, and merged with those of the next day', async (t) => {
  const directory = directoryOf(t)
  const list = join(directory, 'urls.csv')
  const [first, second] = [join(directory, '20'), join(directory, '21')]
  mkdirSync(join(first, 'deep'), { recursive: true })
  mkdirSync(second)
  writeFileSync(join(first, 'a.log'), logOf({ url: '/' }, { url: '/' }, { url: '/old', status: 301 }))
  writeFileSync(
    join(first, 'deep', 'b.log.gz'),
    gzipSync(logOf({ url: '/' }, { url: '/', method: 'POST' }, { url: '/?token=1' })),
  )
  const made = await teal('urls', 'build', first, '--to', list)
  assert.equal(made.exitCode, 0, made.errors)
  assert.match(made.output, /^ {2}6 {2}lines of 2 files/m)
  assert.match(made.output, /^ {2}1 {2}left out: secrets in the URL$/m)
  assert.match(made.output, /\n2 URLs of 2 shapes, with 100\.0 % of the traffic, are in /)
  assert.equal(readFileSync(list, 'utf8'), '/,200,3,/,2026-11-20T10:00:00Z\n/old,301,1,/old,2026-11-20T10:00:00Z\n')

  const time = '2026-11-27T10:00:00.000000Z'
  writeFileSync(join(second, 'c.log'), logOf({ url: '/new', time }, { url: '/old', status: 404, time }))
  const merged = await teal('urls', 'build', join(second, '*.log'), '--to', list, '--merge', '--json')
  assert.equal(merged.exitCode, 0, merged.errors)
  assert.deepEqual((JSON.parse(merged.output) as { former: unknown }).former, { kept: 2, forgotten: 0 })
  assert.equal(
    readFileSync(list, 'utf8'),
    `/,200,1.5,/,2026-11-20T10:00:00Z\n/old,404,1.5,/old,${time.slice(0, 19)}Z\n/new,200,1,/new,${time.slice(0, 19)}Z\n`,
  )
})

test('logs come from a bucket, and the list goes into one', async (t) => {
  const serving = new Serving(dataDirectory(t))
  const endpoint = await serving.url()
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true })
  t.after(() => s3.destroy())
  await s3.send(new CreateBucketCommand({ Bucket: 'logs' }))
  const put = (Key: string, Body: string | Buffer) => s3.send(new PutObjectCommand({ Bucket: 'logs', Key, Body }))
  await put('web/AWSLogs/1/one.log.gz', gzipSync(logOf({ url: 'https://a.example.com:443/a' })))
  await put('web/AWSLogs/1/two.log.gz', gzipSync(logOf({ url: 'https://b.example.com:443/b' })))
  await put('web/AWSLogs/ELBAccessLogTestFile', 'not a log')
  const options = ['--endpoint-url', endpoint, '--region', 'us-east-1']
  const to = 's3://logs/lists/acceptance_url_list.csv'
  const { exitCode, output, errors } = await teal(
    'urls',
    'build',
    's3://logs/web/AWSLogs/',
    '--merge',
    '--to',
    to,
    ...options,
  )
  assert.equal(exitCode, 0, errors)
  assert.match(output, /^ {2}2 {2}lines of 2 files/m)
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: 'logs', Key: 'lists/acceptance_url_list.csv' }))
  assert.match((await Body?.transformToString()) ?? '', /^\/a,200,1,\/a,2026[^\n]*\n\/b,200,1,/)

  const one = await teal('urls', 'build', 's3://logs/web/', '--host', 'b.example.com', '--to', '-', ...options)
  assert.match(one.output, /^\/b,200[^\n]*\n$/)
  const none = await teal('urls', 'build', 's3://logs/nothing/', '--to', '-', ...options)
  assert.equal(none.exitCode, 1)
  assert.match(none.errors, /^teal: there are no logs at s3:\/\/logs\/nothing\/\.$/m)
})

test('hosts are the same in capitals and in small letters, and are named without a port', async (t) => {
  const log = join(directoryOf(t), 'a.log')
  writeFileSync(log, logOf({ url: 'http://WWW.example.com:80/a' }, { url: 'http://b.example.com:80/b' }))
  const found = await teal('urls', 'build', log, '--to', '-', '--host', 'www.Example.com')
  assert.match(found.output, /^\/a,200[^\n]*\n$/, found.errors)
  const refused = await teal('urls', 'build', log, '--to', '-', '--host', 'www.example.com:80')
  assert.equal(refused.exitCode, 2)
  assert.match(refused.errors, /'www\.example\.com:80' is invalid.*It is a host without a port/)
})

test('a log that breaks off, and one without a request to go by, leave the list as it was', async (t) => {
  const directory = directoryOf(t)
  const [log, list] = [join(directory, 'a.log.gz'), join(directory, 'urls.csv')]
  writeFileSync(list, '/former\n')
  const whole = gzipSync(logOf({ url: '/' }))
  writeFileSync(log, whole.subarray(0, whole.length - 9))
  const broken = await teal('urls', 'build', log, '--to', list)
  assert.equal(broken.exitCode, 1)
  assert.match(broken.errors, /a\.log\.gz cannot be read to its end: unexpected end of file/)
  writeFileSync(log, gzipSync(logOf({ url: '/', method: 'POST' })))
  const empty = await teal('urls', 'build', log, '--to', list)
  assert.equal(empty.exitCode, 1)
  assert.match(empty.errors, /no line of these logs gives a URL: 1 × other methods than GET and HEAD/)
  assert.equal(readFileSync(list, 'utf8'), '/former\n')
})
