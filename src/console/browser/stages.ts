import { h } from 'preact'
import type { ComponentChild } from 'preact'
import type { StageView } from '../views.ts'
import { span, timeOfDay, withoutInvocation } from './format.ts'

const words = { pending: 'to come', running: 'running', done: 'done', failed: 'failed', skipped: 'skipped' } as const

export function stagesPart(stages: readonly StageView[], now: number): ComponentChild {
  return h('ol', { class: 'stages' }, ...stages.map((stage) => stageItem(stage, now)))
}

function stageItem({ name, status, startedAt, endedAt, message, hook }: StageView, now: number): ComponentChild {
  const took = startedAt === undefined ? undefined : (endedAt ?? now) - startedAt
  return h(
    'li',
    { class: `stage ${status}`, key: name, title: withoutInvocation(message ?? '') },
    h('i', { class: 'knot', 'aria-hidden': 'true' }),
    h('span', { class: 'name' }, readable(name)),
    h('span', { class: 'took' }, took === undefined ? words[status] : span(took)),
    startedAt === undefined ? null : h('time', { class: 'at' }, timeOfDay(startedAt)),
    hook === undefined ? null : h('span', { class: 'hook' }, `ƒ ${hook.split(':').at(-1)}`),
    h('span', { class: 'unseen' }, words[status]),
    status === 'failed' && message !== undefined ? h('span', { class: 'message' }, withoutInvocation(message)) : null,
  )
}

/** A name with the places where it may be broken. */
function readable(name: string): string {
  return name.includes('_') ? name.replaceAll('_', '_\u200B') : name.replaceAll(/([a-z])([A-Z])/g, '$1\u200B$2')
}
