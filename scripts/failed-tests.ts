/** A reporter for `node --test` that tells nothing but the tests that failed: where each is, its name and its error. */
import { relative } from 'node:path'
import { inspect, stripVTControlCharacters } from 'node:util'
import type { TestEvent } from 'node:test/reporters'

export default async function* failedTests(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    if (event.type !== 'test:fail') continue
    const { name, file = '', line, details } = event.data
    // A suite fails because a test in it did, which is told by itself.
    if ('failureType' in details.error && details.error.failureType === 'subtestsFailed') continue
    const error = stripVTControlCharacters(inspect(details.error.cause ?? details.error))
    yield `✖ ${name}\n  ${relative(process.cwd(), file)}:${line}\n${error.replace(/^/gm, '    ')}\n`
  }
}
