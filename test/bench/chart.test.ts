import assert from 'node:assert/strict'
import { test } from 'node:test'
import { barChart } from '../../bench/chart.ts'

const chart = barChart({
  title: 'Requests & answers',
  series: ['teal', 'haproxy'],
  groups: [
    { title: 'small <64>', values: [2_000, 1_000] },
    { title: 'large', values: [500, undefined] },
  ],
})

test('each value is a bar as long as it is large, and a number beside it', () => {
  const lengths = [...chart.matchAll(/width="([\d.]+)" height="14"/g)].map(([, length]) => Number(length))
  assert.deepEqual(lengths, [570, 285, 142.5])
  assert.match(chart, />2,000<\/text>/)
})

test('a chart is legible on a dark page, and text in it stays text', () => {
  assert.match(chart, /prefers-color-scheme: dark/)
  assert.match(chart, /aria-label="Requests &amp; answers"/)
  assert.match(chart, /small &lt;64>/)
})
