import { h, render } from 'preact'
import type { ComponentChild } from 'preact'
import type { DeploymentView, DocumentView } from '../views.ts'
import { deploymentPage } from './deployment.ts'
import { ActionDialog } from './dialog.ts'
import { listPage } from './list.ts'
import { Live } from './live.ts'
import { overviewPage } from './overview.ts'
import { State } from './state.ts'
import type { Route } from './state.ts'

const root = document.getElementById('console')
const exported = document.getElementById('exported')?.textContent
const state = new State()
const live = new Live(state)

function begin(): void {
  state.route = routeOf(location.pathname)
  live.follow()
  const seen = (): void => live.seen(document.visibilityState === 'visible')
  document.addEventListener('visibilitychange', seen)
  seen()
  addEventListener('popstate', () => go(location.pathname))
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null
    const isOwn = link?.origin === location.origin && /^\/console(\/deployments.*)?$/.test(link.pathname)
    const isElsewhere = event.metaKey || event.ctrlKey || event.shiftKey || link?.hasAttribute('download') === true
    if (link === null || !isOwn || isElsewhere || link.hash !== '') return
    event.preventDefault()
    history.pushState(null, '', link.pathname)
    go(link.pathname)
    scrollTo(0, 0)
    // What was clicked is gone: keyboards and screen readers go on where the new page begins.
    document.getElementById('main')?.focus({ preventScroll: true })
  })
  addEventListener('scroll', () => state.route.page === 'deployments' && state.changed(), { passive: true })
  addEventListener('resize', () => state.changed())
  // What stands still otherwise still counts the seconds.
  setInterval(() => document.visibilityState === 'visible' && state.changed(), 500)
}

function showFile(text: string): void {
  const { view, documents } = JSON.parse(text) as { view: DeploymentView; documents: readonly DocumentView[] }
  state.route = { page: 'deployment', id: view.head.id }
  state.connection = 'file'
  state.deployment = view
  state.frames = State.allFrames
  state.documents = documents
  state.wall.recall(view.traffic)
}

function go(path: string): void {
  state.route = routeOf(path)
  state.forget()
  live.follow()
  state.changed()
}

function routeOf(path: string): Route {
  const id = /^\/console\/deployments\/([\w-]+)$/.exec(path)?.[1]
  if (id !== undefined) return { page: 'deployment', id }
  return { page: path.startsWith('/console/deployments') ? 'deployments' : 'overview' }
}

function filterServices(text: string): void {
  state.serviceFilter = text
  live.follow()
  state.changed()
}

function draw(into: HTMLElement): void {
  document.title = state.title
  render(page(), into)
  if (state.frames === State.allFrames || state.deployment.head === undefined) return
  state.frames += 1
  state.changed()
}

function page(): ComponentChild {
  const now = state.connection === 'file' ? (state.deployment.head?.endedAt ?? Date.now()) : state.now
  const { route, dialog } = state
  return h(
    'div',
    { class: 'page' },
    h('a', { class: 'skip', href: '#main' }, 'Skip to the content'),
    h(
      'nav',
      { class: 'bar', 'aria-label': 'Console' },
      h(
        state.connection === 'file' ? 'span' : 'a',
        { class: 'brand', ...(state.connection === 'file' ? {} : { href: '/console' }) },
        h('i', { class: 'mark', 'aria-hidden': 'true' }, h('i', {}), h('i', {})),
        'Teal',
      ),
      state.connection === 'file'
        ? null
        : h(
            'span',
            { class: 'links' },
            navLink('/console', 'Services', route.page === 'overview'),
            navLink('/console/deployments', 'Deployments', route.page !== 'overview'),
          ),
      h('span', { class: `connection ${state.connection}`, role: 'status' }, connectionText[state.connection]),
    ),
    h(
      'main',
      { id: 'main', tabIndex: -1 },
      state.trouble === undefined ? null : h('p', { class: 'trouble', role: 'alert' }, state.trouble),
      content(now),
    ),
    dialog === undefined ? null : h(ActionDialog, { state, dialog, key: dialog.action.kind }),
  )
}

const connectionText = {
  connecting: 'connecting',
  live: 'live',
  lost: 'connection lost, trying again',
  file: 'saved',
} as const

function navLink(href: string, text: string, isCurrent: boolean): ComponentChild {
  return h('a', { href, ...(isCurrent ? { 'aria-current': 'page' as const } : {}) }, text)
}

function content(now: number): ComponentChild {
  switch (state.route.page) {
    case 'overview':
      return overviewPage(state, now, filterServices)
    case 'deployments':
      return listPage(state, live, now)
    case 'deployment':
      return deploymentPage(state, now)
  }
}

// What the functions above are told of stands before this.
if (root !== null) {
  state.onChange(() => draw(root))
  if (exported === undefined) begin()
  else showFile(exported)
  draw(root)
}
