import { createHmac } from 'node:crypto'
import { isFromAnotherSite } from '../aws/wire/browser.ts'
import { areEqualSecrets } from '../aws/wire/equal-secrets.ts'
import type { WireRequest } from '../aws/wire/protocol.ts'
import { htmlHeaders, loginPage } from './page-shell.ts'
import type { ConsoleGuard, GuardAnswer } from './site.ts'

const lifetimeSeconds = 12 * 3_600

/**
 * Asks browsers on other machines for the token, once: then a cookie stands for it, which scripts cannot read, other sites
 * cannot have sent along, and which says nothing about the token.
 */
export class TokenGuard implements ConsoleGuard {
  readonly #token: string
  readonly #servedName: string
  /** Of its own for each token: a browser has one jar for all ports of a machine, and there may be an engine at several. */
  readonly #cookieName: string

  constructor({ token, servedName }: { readonly token: string; readonly servedName: string }) {
    this.#token = token
    this.#servedName = servedName
    this.#cookieName = `teal_console_${this.#digest('the name of the cookie').slice(0, 8)}`
  }

  allows({ headers }: WireRequest): boolean {
    const cookie = new RegExp(`(?:^|;\\s*)${this.#cookieName}=(\\d+)\\.([0-9a-f]{64})`).exec(headers.cookie ?? '')
    const [, expires = '', proof = ''] = cookie ?? []
    return Number(expires) > Date.now() / 1000 && isSame(proof, this.#proof(expires))
  }

  answer({ method, path, query, headers, body }: WireRequest): GuardAnswer | undefined {
    if (path !== '/console/login') return undefined
    const to = query.get('to') ?? '/console'
    const place = /^\/console(\/deployments(\/[\w-]+)?)?$/.test(to) ? to : '/console'
    if (method !== 'POST') return { status: 200, headers: htmlHeaders, body: loginPage(place) }
    if (isFromAnotherSite(headers, this.#servedName))
      return { status: 403, headers: htmlHeaders, body: loginPage(place, 'Refused: the page was another site’s.') }
    const given = new URLSearchParams(body.toString('utf8')).get('token') ?? ''
    if (!isSame(given.trim(), this.#token)) {
      return { status: 403, headers: htmlHeaders, body: loginPage(place, 'That is not the token.') }
    }
    const expires = String(Math.floor(Date.now() / 1000) + lifetimeSeconds)
    const cookie = `${this.#cookieName}=${expires}.${this.#proof(expires)}; HttpOnly; SameSite=Strict; Path=/console; Max-Age=${lifetimeSeconds}`
    return { status: 303, headers: { location: place, 'set-cookie': cookie, 'cache-control': 'no-store' }, body: '' }
  }

  #proof(expires: string): string {
    return this.#digest(`console until ${expires}`)
  }

  #digest(text: string): string {
    return createHmac('sha256', this.#token).update(text).digest('hex')
  }
}

function isSame(one: string, other: string): boolean {
  return areEqualSecrets(Buffer.from(one), Buffer.from(other))
}
