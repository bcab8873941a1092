import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { ListenerAction } from '../../domain/load-balancer.ts'
import type { Answer, Checked } from '../handlers.ts'
import { checkRange, invalid, portRange, refusal, refuseGiven, unsupported } from './errors.ts'
import { readForward, type ForwardAction } from './forward-actions.ts'

type AskedAction = Checked<Action>
type RedirectAction = Extract<ListenerAction, { type: 'redirect' }>
type FixedResponseAction = Extract<ListenerAction, { type: 'fixed-response' }>

const contentTypes = ['text/plain', 'text/css', 'text/html', 'application/javascript', 'application/json']

/**
 * The actions of a rule. Exactly one routes: what could stand before it, authentication, Teal does not perform.
 * Whether the target groups exist and may be used here is `checkTargetGroups`' to say.
 */
export function readActions(asked: readonly AskedAction[]): readonly ListenerAction[] {
  if (asked.length === 0) throw invalid('At least one action must be specified')
  const actions = asked.map(readAction)
  if (actions.length > 1) {
    throw refusal(
      'InvalidLoadBalancerActionException',
      `Exactly one action of type forward, redirect or fixed-response can be specified, not '${actions.length}'`,
    )
  }
  return actions
}

/** As the Describe operations answer: one target group in both forms, several only as ForwardConfig. */
export function describeAction(action: ListenerAction): Answer<Action> {
  const order = action.order === undefined ? {} : { Order: action.order }
  switch (action.type) {
    case 'forward':
      return { Type: 'forward', ...order, ...describeForward(action) }
    case 'redirect': {
      const { protocol, port, host, path, query, statusCode } = action
      const RedirectConfig = {
        Protocol: protocol,
        Port: port,
        Host: host,
        Path: path,
        Query: query,
        StatusCode: statusCode,
      }
      return { Type: 'redirect', ...order, RedirectConfig }
    }
    case 'fixed-response': {
      const { statusCode: StatusCode, contentType: ContentType, messageBody: MessageBody } = action
      return { Type: 'fixed-response', ...order, FixedResponseConfig: { StatusCode, ContentType, MessageBody } }
    }
    default:
      return action satisfies never
  }
}

function describeForward(action: ForwardAction): Partial<Answer<Action>> {
  const { targetGroups, stickinessEnabled = false, stickinessDurationSeconds } = action
  const ForwardConfig = {
    TargetGroups: targetGroups.map(({ targetGroupArn, weight }) => ({
      TargetGroupArn: targetGroupArn,
      Weight: weight,
    })),
    TargetGroupStickinessConfig: {
      Enabled: stickinessEnabled,
      ...(stickinessDurationSeconds === undefined ? {} : { DurationSeconds: stickinessDurationSeconds }),
    },
  }
  const [first, ...others] = targetGroups
  if (first === undefined || others.length > 0) return { ForwardConfig }
  return { TargetGroupArn: first.targetGroupArn, ForwardConfig }
}

function readAction(asked: AskedAction): ListenerAction {
  const { Type: type, Order: asOrder } = asked
  const order =
    asOrder === undefined ? {} : { order: checkRange('Action order', asOrder, { minimum: 1, maximum: 50_000 }) }
  switch (type) {
    case 'forward':
      refuseConfigsExcept(asked, ['TargetGroupArn', 'ForwardConfig'])
      return { ...readForward(asked), ...order }
    case 'redirect':
      refuseConfigsExcept(asked, ['RedirectConfig'])
      return { ...readRedirect(asked.RedirectConfig), ...order }
    case 'fixed-response':
      refuseConfigsExcept(asked, ['FixedResponseConfig'])
      return { ...readFixedResponse(asked.FixedResponseConfig), ...order }
    case 'authenticate-cognito':
    case 'authenticate-oidc':
    case 'jwt-validation':
      throw unsupported(
        'InvalidLoadBalancerActionException',
        'Action type',
        type,
        'use forward, redirect or fixed-response',
      )
    default:
      return type satisfies never
  }
}

function refuseConfigsExcept(asked: AskedAction, configs: readonly string[]): void {
  const allowed = ['Type', 'Order', ...configs]
  const others = Object.fromEntries(Object.entries(asked).filter(([name]) => !allowed.includes(name)))
  refuseGiven(
    'InvalidLoadBalancerActionException',
    others,
    `an action of type '${asked.Type}' takes ${configs.join(' or ')}`,
  )
}

function readRedirect(config: AskedAction['RedirectConfig']): RedirectAction {
  if (config === undefined) throw invalid("An action of type 'redirect' needs a RedirectConfig")
  const action: RedirectAction = {
    type: 'redirect',
    protocol: config.Protocol ?? '#{protocol}',
    port: config.Port ?? '#{port}',
    host: config.Host ?? '#{host}',
    path: config.Path ?? '/#{path}',
    query: config.Query ?? '#{query}',
    statusCode: config.StatusCode,
  }
  if (!/^(HTTPS?|#\{protocol\})$/.test(action.protocol)) {
    throw invalid(`Redirect protocol '${action.protocol}' must be HTTP, HTTPS or #{protocol}`)
  }
  if (!/^(\d{1,5}|#\{port\})$/.test(action.port)) {
    throw invalid(`Redirect port '${action.port}' must be a whole number between 1 and 65535, or #{port}`)
  }
  if (action.port !== '#{port}') checkRange('Redirect port', Number(action.port), portRange)
  checkRedirectTexts(action)
  refuseLoop(action)
  return action
}

/** AWS does not say what else than its own words may stand in `#{}`: a word nobody replaces would reach browsers. */
function checkRedirectTexts({ host, path, query }: RedirectAction): void {
  checkText('Redirect host', host, { minimum: 1, maximum: 128 })
  if (!/^[A-Za-z0-9_.-]+$/.test(host.replaceAll(redirectWords, 'a'))) {
    throw invalid(`Redirect host '${host}' can only contain letters, digits, - _ . and ${redirectWordsInWords}`)
  }
  checkText('Redirect path', path, { minimum: 1, maximum: 128 })
  if (!path.startsWith('/')) throw invalid(`Redirect path '${path}' must begin with '/'`)
  checkText('Redirect query', query, { minimum: 0, maximum: 128 })
  for (const [name, text] of Object.entries({ path, query })) {
    if (text.replaceAll(redirectWords, '').includes('#{')) {
      throw invalid(`Redirect ${name} '${text}' can only contain ${redirectWordsInWords} of what is replaced`)
    }
    if (/\p{Cc}/u.test(text)) throw invalid(`Redirect ${name} '${text}' cannot contain control characters`)
  }
}

const redirectWords = /#\{(?:protocol|host|port|path|query)\}/g
const redirectWordsInWords = '#{protocol}, #{host}, #{port}, #{path} and #{query}'

function refuseLoop({ protocol, port, host, path }: RedirectAction): void {
  const isSamePlace = protocol === '#{protocol}' && port === '#{port}' && host === '#{host}' && path === '/#{path}'
  if (!isSamePlace) return
  throw refusal(
    'InvalidLoadBalancerActionException',
    'The redirect configuration is not valid because it creates a loop: change its protocol, port, host or path',
  )
}

function readFixedResponse(config: AskedAction['FixedResponseConfig']): FixedResponseAction {
  if (config === undefined) throw invalid("An action of type 'fixed-response' needs a FixedResponseConfig")
  const { StatusCode: statusCode, ContentType: contentType, MessageBody: messageBody } = config
  if (!/^[245]\d\d$/.test(statusCode)) throw invalid(`Status code '${statusCode}' must be 2XX, 4XX or 5XX`)
  if (contentType !== undefined && !contentTypes.includes(contentType)) {
    throw invalid(`Content type '${contentType}' must be one of ${contentTypes.join(', ')}`)
  }
  if (messageBody !== undefined) checkText('Message body', messageBody, { minimum: 0, maximum: 1024 })
  return {
    type: 'fixed-response',
    statusCode,
    ...(contentType === undefined ? {} : { contentType }),
    ...(messageBody === undefined ? {} : { messageBody }),
  }
}

function checkText(
  parameter: string,
  text: string,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): void {
  if (text.length < minimum || text.length > maximum) {
    throw invalid(`${parameter} must have ${minimum} to ${maximum} characters, not ${text.length}`)
  }
}
