import { parseArgs } from 'node:util'
import { textTable } from '../text-table.ts'
import { measureListBuilding } from './list-building.ts'
import { measureRequesting } from './requesting.ts'

export const acceptanceUsage = `  npm run bench acceptance   a list of URLs requested as the hook does it, and one after the other; lists made of logs

Options of acceptance (after --):
  --urls N         URLs of the list (10000)
  --sequential N   of which so many are also requested one after the other (500)
  --answer MS      how long the server takes for an answer (20)
  --lines N        lines of the log (1000000)
  --json           print the figures as JSON`

/** Throws where the options are wrong. */
export async function performAcceptance(argv: readonly string[], say: (text: string) => void): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      urls: { type: 'string', default: '10000' },
      sequential: { type: 'string', default: '500' },
      answer: { type: 'string', default: '20' },
      lines: { type: 'string', default: '1000000' },
      json: { type: 'boolean', default: false },
    },
  })
  const requesting = await measureRequesting({
    urls: count('urls', values.urls),
    sequentialUrls: count('sequential', values.sequential),
    answerMilliseconds: count('answer', values.answer),
  })
  const building = await measureListBuilding(count('lines', values.lines))
  if (values.json) {
    say(JSON.stringify({ requesting, building }, undefined, 2))
    return
  }
  const { urls, inFlight, milliseconds, sequentialUrls, sequentialMilliseconds, ratio } = requesting
  const rows = [
    ['', 'URLs', 's', 'URLs a second'],
    [`as the hook, ${inFlight} at once`, ...figures(urls, milliseconds)],
    ['one after the other', ...figures(sequentialUrls, sequentialMilliseconds)],
  ]
  say(`An answer takes the server ${requesting.answerMilliseconds} ms.\n\n${textTable(rows)}\n`)
  say(`The hook is ${ratio.toFixed(1)} times as fast.\n`)
  const { lines, peakMebibytes, shapes } = building
  const memory = peakMebibytes === undefined ? '' : `, with ${peakMebibytes} MiB of memory at most`
  const seconds = (building.milliseconds / 1000).toFixed(1)
  say(
    `teal urls build: ${lines.toLocaleString('en-US')} lines in ${seconds} s${memory}; ${building.urls} URLs of ${shapes} shapes.`,
  )
}

function figures(urls: number, milliseconds: number): readonly string[] {
  const seconds = milliseconds / 1000
  return [urls.toLocaleString('en-US'), seconds.toFixed(1), Math.round(urls / seconds).toLocaleString('en-US')]
}

function count(name: string, text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new Error(`--${name} is '${text}'; it is a whole number from 1.`)
}
