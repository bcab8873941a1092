import { h } from 'preact'
import type { ComponentChild } from 'preact'
import type { DeploymentRow, SideName, Tone } from '../views.ts'
import { ago, dateAndTime, span } from './format.ts'

/** A status: a dot that says the same by its form, and the word. */
export function pill(status: string, tone: Tone): ComponentChild {
  return h(
    'span',
    { class: `pill ${tone}` },
    h('i', { class: 'dot', 'aria-hidden': 'true' }),
    status.replaceAll('_', ' '),
  )
}

export function card(title: string, aside: ComponentChild, ...children: ComponentChild[]): ComponentChild {
  return h(
    'section',
    { class: 'card' },
    h('header', {}, h('h2', {}, title), aside === undefined ? null : h('span', { class: 'aside' }, aside)),
    ...children,
  )
}

export function sideTag(side: SideName | 'none', text?: string): ComponentChild {
  const words = { blue: 'Blue', green: 'Green', none: '' }
  return h('span', { class: `side ${side}` }, h('i', { class: 'swatch', 'aria-hidden': 'true' }), text ?? words[side])
}

export function empty(text: string): ComponentChild {
  return h('p', { class: 'empty' }, text)
}

export function deploymentPath(id: string): string {
  return `/console/deployments/${id}`
}

/** A listener of every address of its machine is reached by the one that the browser has reached it by. */
export function reachable(url: string): string {
  const host = location.hostname === '' ? 'localhost' : location.hostname
  return url.replace(/^(https?:\/\/)(?:0\.0\.0\.0|\[::\])(?=:)/, `$1${host}`)
}

/** Where a row is in a list of which only a part is on the page. */
export type Place = { readonly top: number; readonly height: number; readonly position: number; readonly total: number }

export function deploymentLine(row: DeploymentRow, now: number, place?: Place): ComponentChild {
  const took = (row.endedAt ?? now) - row.createdAt
  const placed =
    place === undefined
      ? {}
      : {
          style: { top: `${place.top}px`, height: `${place.height}px` },
          'aria-posinset': place.position,
          'aria-setsize': place.total,
        }
  const link = h(
    'a',
    { class: 'row', href: deploymentPath(row.id) },
    h('span', { class: 'cell status' }, pill(row.status, row.tone)),
    h('span', { class: 'cell name' }, h('b', {}, row.of), row.isRollback ? h('em', {}, 'rollback') : null),
    h('span', { class: 'cell id' }, row.id),
    h('span', { class: 'cell what' }, row.description ?? ''),
    h('span', { class: 'cell took' }, row.endedAt === undefined ? `${span(took)} so far` : span(took)),
    h(
      'time',
      { class: 'cell when', title: dateAndTime(row.createdAt), dateTime: new Date(row.createdAt).toISOString() },
      ago(row.createdAt, now),
    ),
  )
  return h('div', { class: 'item', role: 'listitem', key: row.id, ...placed }, link)
}
