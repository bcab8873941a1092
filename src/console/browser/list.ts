import { h } from 'preact'
import type { ComponentChild } from 'preact'
import type { Live } from './live.ts'
import { count, counted } from './format.ts'
import { deploymentLine } from './parts.ts'
import { emptyList } from './state.ts'
import type { State } from './state.ts'

const rowHeight = 44
const beyond = 12

/** However many there are, only the rows that can be seen are in the page. */
export function listPage(state: State, live: Live, now: number): ComponentChild {
  const { list } = state
  const total = list.total ?? 0
  const top = document.querySelector('.virtual')?.getBoundingClientRect().top ?? 220
  const first = Math.max(0, Math.floor(-top / rowHeight) - beyond)
  const last = Math.min(Math.max(total, 1), Math.ceil((window.innerHeight - top) / rowHeight) + beyond)
  const rows: ComponentChild[] = []
  for (let index = first; index < last; index += 1) {
    live.ask(list, index)
    const row = list.rows.get(index)
    if (row !== undefined)
      rows.push(deploymentLine(row, now, { top: index * rowHeight, height: rowHeight, position: index + 1, total }))
  }
  const choose = (text: string, status: string | undefined): void => {
    state.list = { ...emptyList(text, status), statuses: list.statuses }
    state.changed()
  }
  return h(
    'div',
    { class: 'stack' },
    h(
      'div',
      { class: 'heading' },
      h('h1', {}, 'Deployments'),
      h('input', {
        type: 'search',
        placeholder: 'Id, application, service, words of the description',
        'aria-label': 'Find deployments',
        value: list.text,
        onInput: (event) => choose(event.currentTarget.value, list.status),
      }),
    ),
    h(
      'div',
      { class: 'chips', role: 'group', 'aria-label': 'Only those with this status' },
      chip(
        'All',
        list.statuses.reduce((sum, [, each]) => sum + each, 0),
        list.status === undefined,
        () => choose(list.text, undefined),
      ),
      ...list.statuses.map(([status, each]) =>
        chip(status, each, list.status === status, () => choose(list.text, status)),
      ),
    ),
    list.total === 0
      ? h('p', { class: 'empty' }, 'No deployment matches.')
      : h(
          'div',
          {
            class: 'card rows virtual',
            role: 'list',
            'aria-label': counted(total, 'deployment'),
            style: { height: `${total * rowHeight}px` },
          },
          ...rows,
        ),
  )
}

function chip(text: string, many: number, isChosen: boolean, choose: () => void): ComponentChild {
  return h(
    'button',
    { type: 'button', class: 'chip', 'aria-pressed': isChosen, onClick: choose },
    text.replaceAll('_', ' '),
    ' ',
    h('span', {}, count(many)),
  )
}
