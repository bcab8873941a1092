import { h } from 'preact'
import type { ComponentChild } from 'preact'
import type { ActionView, DeploymentHead, NowView, PointSide, Pulse } from '../views.ts'
import { legendText, measureChart, shiftChart, spanOf } from './charts.ts'
import type { Span } from './charts.ts'
import {
  countdown,
  dateAndTime,
  latency,
  percent,
  rate,
  span,
  timeAfter,
  timeOfDay,
  withoutInvocation,
} from './format.ts'
import { weightBar } from './overview.ts'
import { kept } from './kept.ts'
import { card, deploymentPath, pill, reachable, sideTag } from './parts.ts'
import { accountPart, alarmsPart, documentsPart, hooksPart, stepsPart, targetsPart, taskSetsPart } from './sections.ts'
import { stagesPart } from './stages.ts'
import type { Loaded, State } from './state.ts'
import { WallView } from './wall-view.ts'

export function deploymentPage(state: State, now: number): ComponentChild {
  const { deployment: view, isMissing } = state
  if (isMissing) return h('p', { class: 'empty' }, 'There is no such deployment. The oldest ones are forgotten.')
  const { head, now: doing, stages = [], traffic = [], actions = [] } = view
  if (head === undefined || doing === undefined) return h('p', { class: 'empty' }, 'Reading…')
  const over = spanOf(view, now)
  const isOver = head.endedAt !== undefined
  return h(
    'div',
    { class: 'stack' },
    // Always there, whatever is drawn: what comes with its text, or goes, is not read aloud.
    h('p', { class: 'unseen', role: 'status' }, isOver ? `${head.status}. ${endText(view, head)}` : doing.sentence),
    headPart(state, head, actions, now),
    ...head.limits.map((limit) => h('p', { class: 'limit' }, limit)),
    isOver ? endPart(view, head) : nowPart(doing, now),
    card(
      'Stages',
      `${span((head.endedAt ?? now) - (head.startedAt ?? head.createdAt))} in all`,
      stagesPart(stages, now),
    ),
    h(
      'div',
      { class: 'two wide' },
      card(
        'Traffic shift',
        legend(),
        shiftChart(traffic, over, stages),
        h('p', { class: 'caption' }, legendText(traffic)),
      ),
      sidesPart(state, head, doing, isOver),
    ),
    ...(state.frames > 1 ? trafficParts(state, head, over) : []),
    ...(state.frames > 2 ? partsBelow(state) : []),
  )
}

function trafficParts(state: State, head: DeploymentHead, over: Span): readonly ComponentChild[] {
  const { deployment: view } = state
  const { traffic = [] } = view
  const isOver = head.endedAt !== undefined
  return [
    head.isExact && !(isOver && isUnused(view))
      ? card('Requests', wallLegend(state), h(WallView, { wall: state.wall, version: state.wall.version }))
      : null,
    h(
      'div',
      { class: 'three' },
      card('Requests a second', undefined, measureChart(traffic, over, 'requests')),
      card('Failures a second', undefined, measureChart(traffic, over, 'failures')),
      card('Latency', 'p50 and p99 of targets', measureChart(traffic, over, 'latency')),
    ),
  ]
}

/** What changes seldom, and is much. */
function partsBelow({ deployment: view, documents, connection }: State): readonly ComponentChild[] {
  const { taskSets = none, targets = none, alarms = none, hooks = none, steps = none, happenings = none } = view
  return [
    kept([taskSets, targets], () => h('div', { class: 'two' }, taskSetsPart(taskSets), targetsPart(targets))),
    kept([alarms, hooks], () =>
      h('div', { class: 'two' }, alarmsPart(alarms), hooksPart(hooks, connection === 'file')),
    ),
    kept([view.account], () => accountPart(view)),
    kept([steps, happenings], () => stepsPart(steps, happenings)),
    kept([documents], () => documentsPart(documents)),
  ]
}

/** The same each time. */
const none: readonly never[] = []

/** Nobody asked for anything while it ran. */
function isUnused({ account }: Loaded): boolean {
  return account !== undefined && account.answered + account.failed + account.givenUp === 0
}

function headPart(state: State, head: DeploymentHead, actions: readonly ActionView[], now: number): ComponentChild {
  const isFile = state.connection === 'file'
  const began = head.startedAt ?? head.createdAt
  const ask = (action: ActionView) => (): void => {
    state.dialog = { action, phase: 'asked' }
    state.changed()
  }
  return h(
    'header',
    { class: 'head' },
    h(
      'div',
      { class: 'title' },
      h('h1', {}, head.title, ' ', pill(head.status, head.tone)),
      h(
        'p',
        { class: 'mono id' },
        head.id,
        head.description === undefined ? null : h('span', {}, ` ${head.description}`),
      ),
    ),
    isFile
      ? h('p', { class: 'aside' }, `As it was on ${dateAndTime(now)}`)
      : h(
          'div',
          { class: 'actions' },
          ...(state.isReadOnly
            ? [h('span', { class: 'aside' }, 'read-only')]
            : actions.map((action) =>
                h(
                  'button',
                  {
                    type: 'button',
                    class: action.isDangerous ? 'danger' : 'primary',
                    onClick: ask(action),
                    key: action.kind + action.subject,
                  },
                  action.label,
                ),
              )),
          h('a', { class: 'button', href: `/console/export/${head.id}.json`, download: true }, 'JSON'),
          h('a', { class: 'button', href: `/console/export/${head.id}.html`, download: true }, 'One file'),
        ),
    h(
      'dl',
      { class: 'facts' },
      ...head.facts.flatMap(([name, value, link]) =>
        // A file knows no other deployment.
        fact(name, link === undefined || isFile ? value : h('a', { href: deploymentPath(link) }, value)),
      ),
      ...fact('Began', dateAndTime(began)),
      ...(head.endedAt === undefined ? [] : fact('Ended', timeAfter(began, head.endedAt))),
      // How long it lasted when a deployment of the past ran is not kept.
      ...(head.minuteMilliseconds === 60_000 || head.endedAt !== undefined
        ? []
        : fact('A minute lasts', span(head.minuteMilliseconds))),
    ),
  )
}

function fact(name: string, value: string | ComponentChild): readonly ComponentChild[] {
  const url = typeof value === 'string' && /^https?:\/\//.test(value) ? reachable(value) : undefined
  const shown = url === undefined ? value : h('a', { href: url }, url)
  return [h('div', {}, h('dt', {}, name), h('dd', {}, shown))]
}

function nowPart(doing: NowView, now: number): ComponentChild {
  const { sentence, next, until, since, earliestEnd, wouldStop } = doing
  const share = until === undefined || since === undefined ? 0 : Math.min(1, (now - since) / Math.max(1, until - since))
  return h(
    'section',
    { class: 'now card' },
    h(
      'div',
      { class: 'doing' },
      h('p', { class: 'sentence' }, sentence),
      next === undefined ? null : h('p', { class: 'next' }, next),
      ...wouldStop.map((text) => h('p', { class: 'would' }, text)),
    ),
    until === undefined
      ? null
      : h(
          'div',
          { class: 'left' },
          h('b', {}, countdown(until - now)),
          h('span', {}, 'left at most'),
          h('i', { class: 'bar', 'aria-hidden': 'true' }, h('i', { style: { width: `${share * 100}%` } })),
          earliestEnd === undefined ? null : h('span', {}, `done at ${timeOfDay(earliestEnd)} at the earliest`),
        ),
  )
}

function endText({ now: doing }: Loaded, { failure }: DeploymentHead): string {
  return withoutInvocation(failure?.message ?? doing?.sentence ?? '')
}

function endPart(view: Loaded, head: DeploymentHead): ComponentChild {
  const { account } = view
  const hasLost = (account?.failed ?? 0) > 0
  const text = endText(view, head)
  const tone = head.tone === 'good' ? (hasLost ? 'waiting' : 'good') : head.tone === 'bad' ? 'bad' : 'quiet'
  return h(
    'section',
    { class: `end card ${tone}` },
    h('p', { class: `sentence${text.length > 160 ? ' long' : ''}` }, text),
    head.failure === undefined ? null : h('p', { class: 'mono code' }, head.failure.code),
    h('p', { class: 'verdict' }, account?.verdict ?? ''),
  )
}

function legend(): ComponentChild {
  return h(
    'span',
    { class: 'legend' },
    sideTag('blue'),
    sideTag('green'),
    h('span', { class: 'side' }, h('i', { class: 'dash', 'aria-hidden': 'true' }), 'weight set'),
  )
}

function wallLegend({ wall }: State): ComponentChild {
  const each =
    wall.perCell === 1
      ? 'each square is a request'
      : `each square is ${wall.perCell} requests, each failed one has its own`
  return h(
    'span',
    { class: 'legend' },
    sideTag('blue'),
    sideTag('green'),
    h('span', { class: 'side' }, h('i', { class: 'swatch bad' }), 'failed'),
    h('span', { class: 'side' }, h('i', { class: 'swatch hollow' }), 'test'),
    h('span', { class: 'hint' }, each),
  )
}

function sidesPart(state: State, head: DeploymentHead, doing: NowView, isOver: boolean): ComponentChild {
  const green = doing.greenPercentage ?? lastWeight(state)
  const sides = [
    { side: 'blue' as const, weight: 100 - green },
    { side: 'green' as const, weight: green },
  ]
  return card(
    isOver ? 'Traffic at the end' : 'Traffic now',
    undefined,
    weightBar(sides),
    h(
      'div',
      { class: 'sides' },
      ...sides.map(({ side, weight }) => {
        const rates = ratesOf(state.pulses, side)
        const { targetGroup, taskDefinition } = head.sides[side]
        return h(
          'div',
          { class: `sideblock${weight > 0 ? ' live' : ''}` },
          h(
            'div',
            { class: 'top' },
            sideTag(side, targetGroup),
            h('span', { class: 'small' }, side === 'blue' ? 'original' : 'replacement'),
          ),
          h('div', { class: 'big' }, percent(weight)),
          h('div', { class: 'mono' }, taskDefinition ?? (isOver ? 'not known any more' : 'not yet known')),
          isOver || rates === undefined
            ? null
            : h(
                'dl',
                { class: 'rates' },
                ...pair('req/s', rate(rates.requests)),
                ...pair('failed/s', rate(rates.failures), rates.failures > 0),
                ...pair('p50', latency(rates.p50)),
                ...pair('p99', latency(rates.p99)),
              ),
        )
      }),
    ),
  )
}

function pair(name: string, value: string, isBad = false): readonly ComponentChild[] {
  return [h('div', { class: isBad ? 'bad' : '' }, h('dt', {}, name), h('dd', {}, value))]
}

function lastWeight({ deployment }: State): number {
  const traffic = deployment.traffic?.at(-1)?.weight
  const taskSet = deployment.taskSets?.find(({ side }) => side === 'green')?.weight
  return traffic ?? taskSet ?? 0
}

/** Over the last second and a half. */
function ratesOf(pulses: readonly Pulse[], side: 'blue' | 'green') {
  const last = pulses.at(-1)
  if (last === undefined) return undefined
  const recent = pulses.filter(({ at }) => at > last.at - 1_500)
  const seconds = recent.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000
  const sum = (valueOf: (point: PointSide) => number): number =>
    recent.reduce((total, pulse) => total + valueOf(pulse[side]), 0) / seconds
  return {
    requests: sum(({ answered, failed }) => answered + failed),
    failures: sum(({ failed }) => failed),
    p50: recent.findLast((pulse) => pulse[side].p50 !== undefined)?.[side].p50,
    p99: recent.findLast((pulse) => pulse[side].p99 !== undefined)?.[side].p99,
  }
}
