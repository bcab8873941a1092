import { h } from 'preact'
import type { ComponentChild } from 'preact'
import type { AlarmView, DocumentView, Happening, HookView, StepView, TargetView, TaskSetView } from '../views.ts'
import { count, counted, percent, span, timeOfDay, withoutInvocation } from './format.ts'
import { card, empty, pill, sideTag } from './parts.ts'
import type { Loaded } from './state.ts'

export function taskSetsPart(taskSets: readonly TaskSetView[]): ComponentChild {
  return card(
    'Task sets',
    undefined,
    taskSets.length === 0
      ? empty('None is left.')
      : table(
          ['Target group', 'Status', 'Runs', 'Tasks', 'Traffic'],
          taskSets.map((set) => [
            sideTag(set.side, set.targetGroup),
            set.status,
            h('span', { class: 'mono' }, set.taskDefinition ?? '–'),
            `${set.running} of ${set.desired}${set.pending > 0 ? `, ${set.pending} starting` : ''}`,
            percent(Math.round(set.weight * 10) / 10),
          ]),
        ),
  )
}

/** An AWS account tells neither the last check of a healthy target nor its open requests: then there are no columns. */
export function targetsPart(targets: readonly TargetView[]): ComponentChild {
  const hasDetail = targets.some(({ detail }) => detail !== '')
  const hasOpen = targets.some(({ inFlight }) => inFlight !== undefined)
  return card(
    'Target health',
    undefined,
    targets.length === 0
      ? empty('No targets.')
      : table(
          ['Side', 'Target', 'State', ...(hasDetail ? ['Last check'] : []), ...(hasOpen ? ['Open'] : [])],
          targets.map(({ side, target, state, detail, inFlight }) => [
            sideTag(side),
            h('span', { class: 'mono' }, target),
            pill(state, toneOfTarget(state)),
            ...(hasDetail ? [h('span', { class: 'detail' }, detail)] : []),
            ...(hasOpen ? [inFlight === undefined ? '' : String(inFlight)] : []),
          ]),
        ),
  )
}

function toneOfTarget(state: string): 'good' | 'bad' | 'busy' | 'quiet' {
  if (state === 'healthy') return 'good'
  if (state === 'unhealthy') return 'bad'
  return state === 'initial' || state === 'draining' ? 'busy' : 'quiet'
}

export function alarmsPart(alarms: readonly AlarmView[]): ComponentChild {
  return card(
    'Alarms',
    alarms.length === 0 ? undefined : 'distance to the threshold',
    alarms.length === 0
      ? empty('No alarm watches this deployment.')
      : h('div', { class: 'alarms' }, ...alarms.map(alarmItem)),
  )
}

function alarmItem({ name, state, reason, metric, comparison, threshold, value, share }: AlarmView): ComponentChild {
  const tone = state === 'OK' ? 'good' : state === 'ALARM' ? 'bad' : 'quiet'
  const figures =
    value === undefined
      ? 'nothing measured yet'
      : `${round(value)} now, fires at ${comparison ?? ''} ${round(threshold ?? 0)}`
  return h(
    'div',
    { class: 'alarm', key: name, title: reason },
    h('div', { class: 'top' }, h('b', {}, name), pill(state, tone)),
    h(
      'div',
      {
        class: `meter ${tone}`,
        role: 'meter',
        'aria-valuemin': 0,
        'aria-valuemax': 1,
        'aria-valuenow': share ?? 0,
        'aria-label': `${name}: ${figures}`,
      },
      h('i', { style: { width: `${(share ?? 0) * 100}%` } }),
    ),
    h('div', { class: 'small' }, metric === undefined ? reason : `${figures} · ${metric}`),
  )
}

function round(value: number): string {
  return String(Math.round(value * 1000) / 1000)
}

export function hooksPart(hooks: readonly HookView[], isOpen: boolean): ComponentChild {
  return card(
    'Hooks',
    undefined,
    hooks.length === 0
      ? empty('No hook has run.')
      : h('div', { class: 'hooks' }, ...hooks.map((hook) => hookItem(hook, isOpen))),
  )
}

function hookItem(
  { event, functionName, status, tone, startedAt, endedAt, detail, logLines }: HookView,
  isOpen: boolean,
): ComponentChild {
  const took = startedAt !== undefined && endedAt !== undefined ? span(endedAt - startedAt) : ''
  return h(
    'details',
    { key: event + functionName, open: isOpen || tone === 'bad' },
    h('summary', {}, pill(status, tone), h('b', {}, functionName), h('span', { class: 'small' }, `${event} ${took}`)),
    detail === '' ? null : h('p', { class: 'small' }, detail),
    logLines.length === 0
      ? empty('It has written nothing.')
      : h('pre', { class: 'log', tabIndex: 0 }, logLines.map(readable).join('\n')),
  )
}

/** Time and level of what a function wrote, without the id of the invocation, which is the same in every line. */
function readable(line: string): string {
  const [, time, rest] = /^\d{4}-\d\d-\d\dT(\d\d:\d\d:\d\d)\.\d+Z\t[0-9a-f-]{36}\t(.*)$/s.exec(line) ?? []
  return time === undefined || rest === undefined ? line : `${time} ${rest.replace('\t', ' ')}`
}

export function accountPart({ account }: Loaded): ComponentChild {
  if (account === undefined || !account.isCounted || account.rows.length === 0)
    return card('Account', undefined, empty(account?.verdict ?? ''))
  return card(
    'Account',
    counted(account.answered + account.failed + account.givenUp, 'request'),
    h('p', { class: `verdict ${account.failed === 0 ? 'good' : 'bad'}` }, account.verdict),
    table(
      ['Target group', 'Listener', 'Answered', 'Failed', 'Client went away', 'How they failed'],
      account.rows.map(({ side, where, listener, answered, failed, givenUp, failures }) => [
        sideTag(side, where),
        listener,
        count(answered),
        h('span', { class: failed > 0 ? 'bad' : '' }, count(failed)),
        count(givenUp),
        failures,
      ]),
    ),
  )
}

type Line = { readonly at: number; readonly text: string; readonly tone: string; readonly took: string }

/** Newest first: what was decided, and what happened around it. */
export function stepsPart(steps: readonly StepView[], happenings: readonly Happening[]): ComponentChild {
  const lines: Line[] = [
    ...steps
      .filter(({ isMinor }) => !isMinor)
      .map(({ at, endedAt, sentence }) => ({
        at,
        text: withoutInvocation(sentence),
        tone: 'step',
        took: endedAt === undefined ? '' : span(endedAt - at),
      })),
    ...happenings.map(({ at, text, tone }) => ({ at, text, tone: `event ${tone}`, took: '' })),
  ].toSorted((one, other) => other.at - one.at)
  return card(
    'What was decided, and what happened',
    'newest first',
    h(
      'ol',
      { class: 'lines' },
      ...lines.map(({ at, text, tone, took }) =>
        h(
          'li',
          { class: tone },
          h('time', {}, timeOfDay(at)),
          h('span', { class: 'text' }, text),
          h('span', { class: 'took' }, took),
        ),
      ),
    ),
  )
}

export function documentsPart(documents: readonly DocumentView[] | undefined): ComponentChild | null {
  if (documents === undefined || documents.length === 0) return null
  return card(
    'What is deployed',
    'beside what was there before',
    ...documents.map(({ title, before, lines }) => {
      const changes = lines.filter(({ kind }) => kind !== 'same').length
      const note =
        before === undefined
          ? 'nothing to compare with'
          : changes === 0
            ? 'unchanged'
            : `${counted(changes, 'line')} ${changes === 1 ? 'differs' : 'differ'}`
      return h(
        'details',
        { key: title, open: changes > 0 && changes < 60 },
        h('summary', {}, h('b', {}, title), h('span', { class: 'small' }, note)),
        h(
          'pre',
          { class: 'diff', tabIndex: 0 },
          ...lines.map(({ kind, text }) =>
            h('span', { class: kind }, `${kind === 'added' ? '+' : kind === 'removed' ? '−' : ' '} ${text}\n`),
          ),
        ),
      )
    }),
  )
}

function table(heads: readonly string[], rows: readonly (readonly (string | ComponentChild)[])[]): ComponentChild {
  return h(
    'div',
    { class: 'scroll' },
    h(
      'table',
      {},
      h('thead', {}, h('tr', {}, ...heads.map((head) => h('th', { scope: 'col' }, head)))),
      h('tbody', {}, ...rows.map((row) => h('tr', {}, ...row.map((cell) => h('td', {}, cell))))),
    ),
  )
}
