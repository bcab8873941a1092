import { h } from 'preact'
import type { ComponentChild } from 'preact'
import type { ServiceSide, ServiceView } from '../views.ts'
import { counted, percent, rate } from './format.ts'
import { deploymentLine, deploymentPath, reachable, pill, sideTag } from './parts.ts'
import type { State } from './state.ts'

export function overviewPage(state: State, now: number, filter: (text: string) => void): ComponentChild {
  const { overview, latest } = state
  if (overview === undefined) return h('p', { class: 'empty' }, 'Reading…')
  const isFiltered = state.serviceFilter !== ''
  if (overview.services.length === 0 && !isFiltered && (latest?.rows.length ?? 0) === 0) return nothingYet(state)
  return h(
    'div',
    { class: 'stack' },
    ...overview.limits.map((limit) => h('p', { class: 'limit' }, limit)),
    h(
      'div',
      { class: 'heading' },
      h('h1', {}, 'Services'),
      h('input', {
        type: 'search',
        placeholder: 'Find a service or cluster',
        'aria-label': 'Find a service or cluster',
        value: state.serviceFilter,
        onInput: (event) => filter(event.currentTarget.value),
      }),
    ),
    overview.services.length === 0
      ? h('p', { class: 'empty' }, isFiltered ? 'No service matches.' : 'No services.')
      : h('div', { class: 'services' }, ...overview.services.map((service) => serviceCard(service))),
    overview.serviceCount > overview.services.length
      ? h(
          'p',
          { class: 'aside' },
          `${overview.services.length} of ${overview.serviceCount} services. Search to find the others.`,
        )
      : null,
    h(
      'div',
      { class: 'heading' },
      h('h2', {}, 'Deployments'),
      h('a', { class: 'more', href: '/console/deployments' }, 'All deployments'),
    ),
    (latest?.rows.length ?? 0) === 0
      ? h('p', { class: 'empty' }, 'No deployment yet.')
      : h('div', { class: 'card rows', role: 'list' }, ...(latest?.rows ?? []).map((row) => deploymentLine(row, now))),
  )
}

function serviceCard(service: ServiceView): ComponentChild {
  const { lastDeployment: last, sides } = service
  const isRunning = last !== undefined && last.endedAt === undefined
  const isCounted = sides.some(({ requestsPerSecond }) => requestsPerSecond !== undefined)
  const total = sides.reduce((sum, { requestsPerSecond = 0 }) => sum + requestsPerSecond, 0)
  const failures = sides.reduce((sum, { failuresPerSecond = 0 }) => sum + failuresPerSecond, 0)
  return h(
    'article',
    { class: `card service${isRunning ? ' running' : ''}`, key: service.arn },
    h(
      'header',
      {},
      h('h2', {}, service.name),
      h('span', { class: 'aside' }, `${service.cluster} · ${service.controller}`),
      isCounted ? h('span', { class: 'figure' }, h('b', {}, rate(total)), ' req/s') : null,
    ),
    weightBar(sides),
    h('div', { class: 'sides' }, ...sides.map((side) => sideBlock(side))),
    h(
      'footer',
      {},
      h('span', {}, `${counted(service.runningCount, 'task')} running, ${service.desiredCount} desired`),
      failures > 0 ? h('span', { class: 'bad' }, `${rate(failures)} failing/s`) : null,
      ...service.listeners
        .map(reachable)
        .map((url) => h('a', { href: url, class: 'mono' }, url.replace(/^https?:\/\//, ''))),
      last === undefined
        ? h('span', { class: 'last' }, 'never deployed')
        : h(
            'a',
            { class: 'last', href: deploymentPath(last.id) },
            pill(last.status, last.tone),
            h('span', { class: 'mono' }, last.id),
          ),
    ),
  )
}

/** Who gets how much of production traffic. */
export function weightBar(sides: readonly Pick<ServiceSide, 'side' | 'weight'>[]): ComponentChild | null {
  if (sides.length === 0) return null
  const text = sides.map(({ side, weight }) => `${side} ${percent(weight)}`).join(', ')
  return h(
    'div',
    { class: 'weights', role: 'img', 'aria-label': `Production traffic: ${text}` },
    ...sides.map(({ side, weight }) => h('i', { class: side, style: { width: `${weight}%` } })),
  )
}

function sideBlock({
  side,
  targetGroup,
  taskDefinition,
  weight,
  healthy,
  targets,
  requestsPerSecond,
}: ServiceSide): ComponentChild {
  const isLive = weight > 0
  return h(
    'div',
    { class: `sideblock${isLive ? ' live' : ''}` },
    h('div', { class: 'top' }, sideTag(side, targetGroup), isLive ? h('span', { class: 'livetag' }, 'live') : null),
    h('div', { class: 'big' }, percent(weight)),
    h('div', { class: 'mono' }, taskDefinition ?? 'nothing runs'),
    h(
      'div',
      { class: 'small' },
      `${healthy} of ${targets} healthy`,
      isLive && requestsPerSecond !== undefined ? ` · ${rate(requestsPerSecond)} req/s` : '',
    ),
  )
}

function nothingYet({ overview }: State): ComponentChild {
  // Where the page is not the endpoint's own, whoever looks has configured the endpoint already.
  const isOwn = (overview?.limits.length ?? 0) === 0
  // Who asks from another machine has to sign.
  const isThisMachine = /^(?:localhost|127\..*|\[::1\])$/.test(location.hostname)
  const commands = [
    `export AWS_ENDPOINT_URL=${location.origin}`,
    'export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1',
    isThisMachine
      ? 'export AWS_ACCESS_KEY_ID=teal AWS_SECRET_ACCESS_KEY=teal'
      : 'export AWS_ACCESS_KEY_ID=… AWS_SECRET_ACCESS_KEY=…   # as teal serve printed them',
    'aws ecs create-cluster --cluster-name web',
  ]
  return h(
    'section',
    { class: 'hello' },
    h(
      'div',
      { class: 'helloart', 'aria-hidden': 'true' },
      h('i', { class: 'blue' }),
      h('i', { class: 'teal' }),
      h('i', { class: 'green' }),
    ),
    h('h1', {}, 'Nothing runs here yet'),
    h(
      'p',
      {},
      'Create a service with the AWS tools you have, and it appears here: its two target groups, who is live, and every deployment as it happens.',
    ),
    isOwn ? h('pre', {}, commands.join('\n')) : null,
    h('p', { class: 'aside' }, overview?.place ?? ''),
  )
}
