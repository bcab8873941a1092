import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { answerWith, startSite } from '../acceptance/a-site.ts'
import { teal, until } from './command-line.ts'

function directoryOf(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'teal-accept-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

test('a version is judged, and the exit code, the text and the reports say how', async (t) => {
  const { url } = await startSite(t, (request, response) => {
    answerWith(response, request.url?.startsWith('/broken') ? 500 : 200)
  })
  const directory = directoryOf(t)
  const [list, junit, html] = ['urls.csv', 'report.xml', 'report.html'].map((name) => join(directory, name))
  writeFileSync(list ?? '', '/,200,100\n/a,,5\n/broken?a&b,200,15,/broken?a&b\n/c\n')
  const argv = ['accept', '--url', url, '--list', list ?? '', '--junit', junit ?? '', '--html', html ?? '']

  const missed = await teal(...argv)
  assert.equal(missed.exitCode, 3)
  assert.match(missed.output, /^ {2}URLS {2}CAUSE +FOR EXAMPLE\n {2}1 +answered 500 instead of 200 +\/broken\?a&b$/m)
  assert.match(missed.output, /^By traffic, 87\.5 % passed\.$/m)
  assert.match(missed.output, /\nNOT PASSED: 3 of 4 URLs passed \(75 %\), the threshold is 95 %\.\n$/)
  const xml = readFileSync(junit ?? '', 'utf8')
  assert.match(xml, /<testsuite name="[^"]+" tests="4" failures="1" errors="0" skipped="0"/)
  assert.match(xml, /classname="\/broken\?a&amp;b" name="GET \/broken\?a&amp;b" [^>]*><failure message="answered 500/)
  const page = readFileSync(html ?? '', 'utf8')
  assert.match(page, /<p class="verdict">Not passed<\/p>/)
  assert.match(page, /<code>\/broken\?a&amp;b<\/code>/)
  assert.doesNotMatch(page, /https?:\/\/(?!127\.0\.0\.1)|<script/)

  const passed = await teal(...argv, '--threshold', '75', '--json')
  assert.equal(passed.exitCode, 0)
  const { isPassed, results } = JSON.parse(passed.output) as { isPassed: boolean; results: Record<string, unknown>[] }
  assert.equal(isPassed, true)
  assert.deepEqual(
    results.map(({ path, outcome, status }) => [path, outcome, status]),
    [
      ['/', 'passed', 200],
      ['/a', 'passed', 200],
      ['/broken?a&b', 'failed', 500],
      ['/c', 'passed', 200],
    ],
  )
})

test('what cannot be run, and what cannot be meant, is told apart', async (t) => {
  const list = join(directoryOf(t), 'urls.csv')
  writeFileSync(list, '/\n/a,sometimes\n')
  const malformed = await teal('accept', '--url', 'http://127.0.0.1:1', '--list', list)
  assert.equal(malformed.exitCode, 1)
  assert.match(malformed.errors, /urls\.csv: line 2: 'sometimes' is no status/)
  writeFileSync(list, '/\n')
  const nobody = await teal('accept', '--url', 'http://127.0.0.1:1', '--list', list)
  assert.equal(nobody.exitCode, 1)
  assert.equal(
    nobody.errors,
    'teal: nothing answers at http://127.0.0.1:1: connection refused. None of 1 URL got an answer.\n',
  )
  const wrong = await teal('accept', '--url', 'http://127.0.0.1:1', '--list', list, '--threshold', '120')
  assert.equal(wrong.exitCode, 2)
  assert.equal((await teal('accept', '--list', list)).exitCode, 2)
})

test('beside blue, what blue answers is right, whatever the list says, but for the paths that are ignored', async (t) => {
  const blue = await startSite(t, ({ url }, response) => {
    response.writeHead(url === '/gone' ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ id: 1, name: 'blue' }))
  })
  const green = await startSite(t, ({ url }, response) => {
    response.writeHead(url === '/gone' ? 404 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(url === '/changed' || url === '/now' ? { id: '1' } : { id: 2, name: 'green' }))
  })
  const list = join(directoryOf(t), 'urls.csv')
  writeFileSync(list, '/gone,200\n/same\n/changed\n/now\n')
  const argv = ['accept', '--url', green.url, '--compare-with', blue.url, '--compare-body', 'json', '--list', list]
  const judged = await teal(...argv, '--compare-ignore', '/now,/random/*', '--threshold', '75')
  assert.equal(judged.exitCode, 0, judged.errors)
  assert.match(judged.output, /^ {2}1 .*\/changed$/m)
  assert.match(judged.output, /^ {2}MS +BLUE +SLOWEST BESIDE BLUE$/m)
  assert.match(judged.output, /^1 passed because blue answers the same, and not what the list says\.$/m)
  assert.match(judged.output, /\nPASSED: 3 of 4 URLs passed \(75 %\), the threshold is 75 %\.\n$/)
  assert.equal((await teal(...argv, '--threshold', '75')).exitCode, 3)
})

test('how to compare without what to compare with is wrong usage, where nothing would be compared', async (t) => {
  const list = join(directoryOf(t), 'urls.csv')
  writeFileSync(list, '/\n')
  const argv = ['accept', '--url', 'http://127.0.0.1:1', '--list', list]
  for (const given of [
    ['--compare-body', 'json'],
    ['--compare-headers', 'vary'],
    ['--compare-ignore', '/now'],
  ]) {
    const { exitCode, errors } = await teal(...argv, ...given)
    assert.equal(exitCode, 2)
    assert.equal(
      errors,
      `teal: ${given[0]} says how to compare, and nothing is compared: ` +
        'name the other version, such as blue, with --compare-with URL.\n',
    )
  }
})

test('limits of time end the requests, and what there was no time for is said', async (t) => {
  const { url } = await startSite(t, (request, response) => {
    if (request.url === '/') answerWith(response, 200)
  })
  const list = join(directoryOf(t), 'urls.csv')
  writeFileSync(list, '/\n/never\n')
  const argv = ['accept', '--url', url, '--list', list]
  const slow = await teal(...argv, '--request-timeout', '1500ms', '--threshold', '50')
  assert.equal(slow.exitCode, 0, slow.errors)
  assert.match(slow.output, /no whole answer within 1\.5 s +\/never/)
  assert.match(slow.output.replaceAll(/\s+/g, ' '), /2 URLs of http.* 2 requests with 1 failed exclude at 95 %/)
  const short = await teal(...argv, '--total-time', '100ms', '--threshold', '100')
  assert.equal(short.exitCode, 3, short.errors)
  assert.match(short.output.replaceAll(/\s+/g, ' '), /there was no time for \d of the 2/)
})

test('Ctrl-C ends the requests and tells what was found until then', async (t) => {
  const site = await startSite(t, (request, response) => {
    if (request.url === '/') answerWith(response, 200)
  })
  const list = join(directoryOf(t), 'urls.csv')
  writeFileSync(list, '/\n/never\n')
  const launcher = new URL('../../bin/teal.mjs', import.meta.url).pathname
  const argv = [launcher, 'accept', '--url', site.url, '--list', list, '--in-flight', '1', '--request-timeout', '60s']
  // It often comes twice: from the terminal, and from the npm or the launcher that started the program.
  const twice =
    "data:text/javascript,process.once('SIGINT', () => process.nextTick(() => process.kill(process.pid, 'SIGINT')))"
  const child = spawn(process.execPath, ['--import', twice, ...argv], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.after(() => child.kill('SIGKILL'))
  const [output, closed] = [text(child.stdout), once(child, 'close')]
  await until(
    () => site.requests.some(({ url }) => url === '/never'),
    () => 'the second URL was not requested',
  )
  child.kill('SIGINT')
  assert.deepEqual(await closed, [3, null])
  assert.match(await output, /NOT PASSED/)
})

test('where blue does not answer, it is told; where it answers nothing at all, nothing is judged', async (t) => {
  const green = await startSite(t, (_, response) => answerWith(response, 200))
  const blue = await startSite(t, (request, response) => {
    if (request.url === '/a') answerWith(response, 200)
    else request.destroy()
  })
  const list = join(directoryOf(t), 'urls.csv')
  writeFileSync(list, '/a\n/b\n')
  const argv = ['accept', '--url', green.url, '--list', list]
  const partly = await teal(...argv, '--compare-with', blue.url)
  assert.equal(partly.exitCode, 0, partly.errors)
  assert.match(partly.output, /^1 judged by the list alone: blue did not answer\.$/m)
  assert.deepEqual(await teal(...argv, '--compare-with', 'http://127.0.0.1:1'), {
    exitCode: 1,
    output: '',
    errors: 'teal: nothing answers at http://127.0.0.1:1, so nothing could be compared with it.\n',
  })
})

test('a report that cannot be written takes nothing of the result away', async (t) => {
  const { url } = await startSite(t, (_, response) => answerWith(response, 200))
  const directory = directoryOf(t)
  const list = join(directory, 'urls.csv')
  writeFileSync(list, '/a\n')
  const told = await teal('accept', '--url', url, '--list', list, '--html', join(directory, 'missing', 'report.html'))
  assert.match(told.output, /\nPASSED: 1 of 1 URL passed/)
  assert.match(told.errors, /^teal: .*report\.html cannot be written: ENOENT/)
  assert.equal(told.exitCode, 1)
})
