import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { answerWith, startSite } from '../acceptance/a-site.ts'
import { teal } from './command-line.ts'

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
  assert.match(nobody.errors, /^teal: nothing answers at http:\/\/127\.0\.0\.1:1: connection refused\./)
  const wrong = await teal('accept', '--url', 'http://127.0.0.1:1', '--list', list, '--threshold', '120')
  assert.equal(wrong.exitCode, 2)
  assert.equal((await teal('accept', '--list', list)).exitCode, 2)
})
