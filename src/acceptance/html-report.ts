import { failureGroups, slowest, type FailureGroup } from './failure-groups.ts'
import { number, percent } from './judgement.ts'
import { escaped } from './markup.ts'
import type { AcceptanceResult } from './run.ts'
import type { UrlResult } from './url-check.ts'

const mostUrlsOfGroup = 200
const mostSlow = 20

/** The result as one HTML page that needs nothing else. `when` is shown as it is. */
export function htmlReport(result: AcceptanceResult, when: string): string {
  const { isPassed, url, comparedWith, sentence, worth } = result
  const verdict = isPassed ? 'Passed' : 'Not passed'
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${verdict}: ${escaped(url)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header class="${isPassed ? 'good' : 'bad'}">
<p class="verdict">${verdict}</p>
<h1>${escaped(url)}${comparedWith === undefined ? '' : ` <small>compared with ${escaped(comparedWith)}</small>`}</h1>
<p>${prose(sentence.replace(/^(NOT )?PASSED: /, ''))}</p>
<p class="quiet">${prose(worth)}</p>
<p class="quiet">${prose(when)}</p>
${bar(result)}
</header>
${figures(result)}
${failures(failureGroups(result.results))}
${slowTable(result)}
</main>
</body>
</html>
`
}

/** A number and its percent sign stay on one line. */
function prose(text: string): string {
  return escaped(text).replaceAll(' %', '\u00A0%')
}

function bar({ passed, failed, unfinished, total, thresholdPercent }: AcceptanceResult): string {
  const part = (kind: string, count: number): string =>
    count === 0 ? '' : `<span class="${kind}" style="width:${((100 * count) / total).toFixed(3)}%"></span>`
  const mark = `<i style="left:${thresholdPercent}%" title="threshold ${percent(thresholdPercent)}"></i>`
  const text = `${number(passed)} passed, ${number(failed)} failed, ${number(unfinished)} not requested`
  return `<div class="bar" role="img" aria-label="${text}">${part('passed', passed)}${part('failed', failed)}${part('rest', unfinished)}${mark}</div>`
}

function figures(result: AcceptanceResult): string {
  const { passed, failed, unfinished, passedTrafficPercent, milliseconds } = result
  const outdated = result.results.filter(({ isListOutdated }) => isListOutdated === true).length
  const silent = result.results.filter(({ isBlueSilent }) => isBlueSilent === true).length
  const rows: readonly (readonly [string, string] | undefined)[] = [
    ['passed', number(passed)],
    ['failed', number(failed)],
    unfinished === 0 ? undefined : ['no time for', number(unfinished)],
    ['of the URLs passed', percent(result.passedPercent)],
    passedTrafficPercent === undefined ? undefined : ['of the traffic passed', percent(passedTrafficPercent)],
    ['fewer fail, at 95 %, than', percent(result.failureBoundPercent)],
    outdated === 0 ? undefined : ['as blue, not as listed', number(outdated)],
    silent === 0 ? undefined : ['by the list, blue silent', number(silent)],
    ['took', `${(milliseconds / 1000).toFixed(1)} s`],
  ]
  const items = rows.flatMap((row) => (row === undefined ? [] : [`<div><dd>${row[1]}</dd><dt>${row[0]}</dt></div>`]))
  return `<dl>${items.join('\n')}</dl>`
}

function failures(groups: readonly FailureGroup[]): string {
  if (groups.length === 0) return '<section><h2>Failures</h2><p>None.</p></section>'
  const parts = groups.map(({ cause, results }, at) => {
    const shown = results.slice(0, mostUrlsOfGroup)
    const more = results.length - shown.length
    return `<details${at < 3 ? ' open' : ''}>
<summary><b>${number(results.length)}</b> ${escaped(cause)}</summary>
<div class="wide"><table><thead><tr><th>URL</th><th class="shape">Shape</th><th class="n" title="in the logs">Requests</th><th class="n">ms</th></tr></thead><tbody>
${shown.map(failureRow).join('\n')}
</tbody></table></div>${more > 0 ? `<p class="quiet">and ${number(more)} more</p>` : ''}
</details>`
  })
  return `<section><h2>Failures, by cause</h2>\n${parts.join('\n')}\n</section>`
}

function failureRow({ url, milliseconds }: UrlResult): string {
  const weight = url.weight === undefined ? '' : number(Math.round(url.weight))
  return `<tr><td><code>${escaped(url.path)}</code></td><td class="shape quiet">${escaped(url.shape ?? '')}</td><td class="n">${weight}</td><td class="n">${milliseconds?.toFixed(1) ?? ''}</td></tr>`
}

function slowTable({ results, comparedWith }: AcceptanceResult): string {
  const isCompared = comparedWith !== undefined
  const rows = slowest(results, mostSlow).map(({ url, milliseconds = 0, blueMilliseconds }) => {
    const blue = isCompared ? `<td class="n">${blueMilliseconds?.toFixed(1) ?? ''}</td>` : ''
    return `<tr><td><code>${escaped(url.path)}</code></td><td class="n">${milliseconds.toFixed(1)}</td>${blue}</tr>`
  })
  if (rows.length === 0) return ''
  const title = isCompared ? 'Slowest beside blue' : 'Slowest'
  const blueHead = isCompared ? '<th class="n">ms, blue</th>' : ''
  return `<section><h2>${title}</h2>
<div class="wide"><table><thead><tr><th>URL</th><th class="n">ms</th>${blueHead}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div></section>`
}

const style = `
:root { color-scheme: light dark; --ink: #1b2730; --quiet: #5f6e79; --paper: #f6f8f9; --card: #fff; --line: #dde3e7; --good: #0b7d73; --bad: #b3261e; --rest: #b5bec5 }
@media (prefers-color-scheme: dark) { :root { --ink: #e4eaee; --quiet: #94a3ae; --paper: #12181c; --card: #1a2328; --line: #2c373e; --good: #2fb5a8; --bad: #f2796f; --rest: #56636c } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 64rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
header, section, dl { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1.25rem 1.5rem; margin: 0 0 1rem }
header.good { border-top: 4px solid var(--good) } header.bad { border-top: 4px solid var(--bad) }
.verdict { margin: 0; font-weight: 700; font-size: 1.1rem } .good .verdict { color: var(--good) } .bad .verdict { color: var(--bad) }
h1 { margin: 0 0 .5rem; font-size: 1.5rem; overflow-wrap: anywhere } h1 small { font-size: .95rem; font-weight: 400; color: var(--quiet) }
h2 { margin: 0 0 .75rem; font-size: 1.05rem } header p { margin: .25rem 0 }
.quiet { color: var(--quiet) }
.bar { position: relative; display: flex; height: 14px; margin-top: 1rem; background: var(--line); border-radius: 7px }
.bar span:first-child { border-radius: 7px 0 0 7px } .bar span:nth-last-child(2) { border-radius: 0 7px 7px 0 } .bar span:only-of-type { border-radius: 7px }
.bar .passed { background: var(--good) } .bar .failed { background: var(--bad) } .bar .rest { background: var(--rest) }
.bar i { position: absolute; top: -4px; width: 2px; height: 22px; margin-left: -1px; background: var(--ink) }
dl { display: flex; flex-wrap: wrap; gap: 1rem 2.5rem } dl div { display: flex; flex-direction: column }
dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums } dt { color: var(--quiet); font-size: .85rem }
details { border-top: 1px solid var(--line); padding: .6rem 0 } summary { cursor: pointer } summary b { display: inline-block; min-width: 3rem; color: var(--bad) }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .88rem }
th { text-align: left; font-weight: 600; color: var(--quiet); white-space: nowrap } th, td { padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top } th:last-child, td:last-child { padding-right: 0 }
td code { overflow-wrap: anywhere } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
@media (max-width: 40rem) { main { padding: .5rem .5rem 2rem } header, section, dl { padding: 1rem } dl { gap: .75rem 1.75rem } .shape { display: none } }
`
