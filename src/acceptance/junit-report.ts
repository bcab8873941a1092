import { escaped } from './markup.ts'
import type { AcceptanceResult } from './run.ts'
import type { UrlResult } from './url-check.ts'

/**
 * The result as JUnit writes it, for CI servers: a test case for each URL, in a class for each shape. Those that failed are
 * failures even where the threshold is kept; there was no time for those that are skipped.
 */
export function junitReport(result: AcceptanceResult): string {
  const { total, failed, unfinished, milliseconds, url } = result
  const counts = `tests="${total}" failures="${failed}" errors="0" skipped="${unfinished}" time="${seconds(milliseconds)}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="teal accept" ${counts}>`,
    `  <testsuite name="${escaped(url)}" ${counts}>`,
    '    <properties>',
    `      <property name="verdict" value="${escaped(result.sentence)}"/>`,
    `      <property name="worth" value="${escaped(result.worth)}"/>`,
    '    </properties>',
    ...result.results.map(testCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function testCase({ url, outcome, cause = '', milliseconds = 0 }: UrlResult): string {
  const name = `classname="${escaped(url.shape ?? 'acceptance')}" name="GET ${escaped(url.path)}"`
  const head = `    <testcase ${name} time="${seconds(milliseconds)}"`
  switch (outcome) {
    case 'passed':
      return `${head}/>`
    case 'failed':
      return `${head}><failure message="${escaped(cause)}"/></testcase>`
    case 'unfinished':
      return `${head}><skipped message="there was no time for it"/></testcase>`
  }
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3)
}
